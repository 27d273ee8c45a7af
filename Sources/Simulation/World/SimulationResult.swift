/// What one seed came to.
package struct SimulationResult: Sendable {
    package var plan: SimulationPlan
    package var violation: Violation?
    package var traceHash: UInt64
    package var traceSteps: UInt64
    /// Messages, heartbeats and ticks that the cores handled.
    package var coreSteps: UInt64
    /// Virtual nanoseconds.
    package var time: UInt64
    package var events: RareEventCounts

    package var line: String {
        let digits = String(traceHash, radix: 16)
        let hash = String(repeating: "0", count: 16 - digits.count) + digits
        return "\(plan.seed)  \(hash)  \(coreSteps) steps  \(time / 1_000_000) ms  \(plan.summary)"
    }
}

/// Runs seeds.
package enum SeedRun {
    /// Runs one seed to its end. `faults` replaces those that it would switch on.
    package static func result(
        of seed: UInt64, faults: Faults? = nil, stores: SimulatedStoreKind = .inMemory
    ) -> SimulationResult {
        let federation = SimulatedFederation(plan: SimulationPlan(seed: seed, faults: faults), stores: stores)
        let violation = federation.run()
        return SimulationResult(
            plan: federation.plan, violation: violation, traceHash: federation.trace.hash.value,
            traceSteps: federation.trace.count, coreSteps: federation.steps, time: federation.now,
            events: federation.events)
    }
}

/// The sum of many seeds.
package struct SimulationTotals: Sendable {
    package private(set) var seeds = 0
    package private(set) var failures = 0
    package private(set) var coreSteps: UInt64 = 0
    package private(set) var time: UInt64 = 0
    package private(set) var events = RareEventCounts()

    package init() {}

    /// Takes one result in.
    package mutating func add(_ result: SimulationResult) {
        seeds += 1
        if result.violation != nil { failures += 1 }
        coreSteps += result.coreSteps
        time += result.time / 1_000_000
        events += result.events
    }

    /// The report, after a run that took so many seconds.
    package func lines(seconds: Double) -> [String] {
        let rate = seconds > 0 ? UInt64(Double(coreSteps) / seconds) : 0
        let hours = time / 3_600_000
        let rare = RareEvent.allCases.map { "\($0.name) \(events[$0])" }
        return [
            "\(seeds) seeds, \(failures) failed, \(coreSteps) core steps (\(rate)/s), \(hours) simulated hours",
            "events: " + rare.joined(separator: ", "),
        ]
    }
}
