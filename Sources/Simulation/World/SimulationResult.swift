/// What one seed came to.
package struct SimulationResult: Sendable {
    package var plan: SimulationPlan
    package var violation: Violation?
    package var trace: Trace
    /// Messages, heartbeats and ticks that the cores handled.
    package var coreSteps: UInt64
    /// Virtual nanoseconds.
    package var time: UInt64
    package var events: RareEventCounts

    package init(
        plan: SimulationPlan, violation: Violation?, trace: Trace, coreSteps: UInt64, time: UInt64,
        events: RareEventCounts
    ) {
        self.plan = plan
        self.violation = violation
        self.trace = trace
        self.coreSteps = coreSteps
        self.time = time
        self.events = events
    }

    /// In one line: seed, hash of the trace, length, plan.
    package var line: String {
        "\(plan.seed)  \(trace.hash)  \(coreSteps) steps  \(time / 1_000_000) ms  \(plan.summary)"
    }
}

extension SimulationResult {
    /// How it ended, in words: where it failed and by what, or that everything held.
    package var ending: String {
        guard let violation else { return "every invariant held" }
        let seconds = TraceStep(time: time, node: nil, kind: .local).seconds
        return "step \(trace.count) at \(seconds) s: \(violation)"
    }

    /// What a person needs who looks at a failure; empty when everything held. `commit` is what the program was built
    /// from, which it cannot know by itself.
    package func failure(commit: String?) -> [String] {
        guard violation != nil else { return [] }
        let words = plan.arguments.joined(separator: " ")
        return [
            "seed \(plan.seed), \(ending)",
            "  plan: \(plan.summary)",
            "  commit: \(commit ?? "not known here; --commit tells it")",
            "  claviger-sim replay \(words)",
            "  claviger-sim shrink \(words)",
        ]
    }
}

/// Runs seeds.
package enum SeedRun {
    /// Runs one seed to its end. `faults` replaces those that it would switch on.
    package static func result(of seed: UInt64, faults: Faults? = nil) -> SimulationResult {
        result(of: SimulationPlan(seed: seed, faults: faults))
    }

    /// Runs a plan to its end, keeping the last steps that a reader wants.
    package static func result(of plan: SimulationPlan, keeping: Trace.Keeping = .nothing) -> SimulationResult {
        let federation = SimulatedFederation(plan: plan, keeping: keeping)
        let violation = federation.run()
        return SimulationResult(
            plan: plan, violation: violation, trace: federation.trace, coreSteps: federation.steps,
            time: federation.now, events: federation.events)
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

    /// The report, after a run that took so many seconds on so many threads.
    package func lines(seconds: Double, threads: Int = 1) -> [String] {
        let rate = seconds > 0 ? UInt64(Double(coreSteps) / seconds / Double(threads)) : 0
        let rare = RareEvent.allCases.map { "\($0.name) \(events[$0])" }
        return [
            "\(seeds) seeds, \(failures) failed, \(coreSteps) core steps (\(rate)/s on each thread), \(age)",
            "events: " + rare.joined(separator: ", "),
        ]
    }

    /// How long all federations lived together, in hours and in years of 365 days.
    private var age: String {
        let hours = Self.decimal(time / 360_000, places: 1)
        return "\(hours) simulated hours (\(Self.decimal(time / (365 * 86_400), places: 3)) years)"
    }

    private static func decimal(_ number: UInt64, places: Int) -> String {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
