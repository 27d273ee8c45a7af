import Simulation
import Testing

/// Whole federations in virtual time. `make sim` runs many more.
@Suite("Simulated federations")
struct SimulatedFederationTests {
    @Test("Every invariant holds, and all heals when the trouble ends", arguments: 1...20)
    func seeds(block: UInt64) {
        for seed in (block * 10 - 9)...(block * 10) {
            let result = SeedRun.result(of: seed)
            #expect(
                result.violation == nil,
                "seed \(seed): \(String(describing: result.violation)); claviger-sim replay --seed \(seed)")
        }
    }

    /// Seeds that showed a mistake before it was mended: what it was.
    static let regressions: [(seed: UInt64, mistake: String)] = [
        (2, "the preferred leader was never handed the lead"),
        (134, "a renewed node that led the directory was turned away by who had been down meanwhile"),
        (271, "a snapshot whose chunks were all there after a crash was never installed"),
        (285, "a joint configuration was never left after a transfer that failed"),
        (807, "the simulated operator forgot a member whose machine died while its replica was made"),
        (875, "a snapshot that a replica had already was refused for ever, and its leader never learned why"),
        (1231, "a disk was lost that a group still needed: its last voter had not applied the node's removal"),
        (1181, "the end of a connection, noticed after the next one was taken, closed the gate to the peer"),
        (1596, "an acknowledgement under way when a disk forgot what it said counted as never given"),
        (1897, "the same, with another placement"),
        (2694, "a check took what a later leader had replaced for an acknowledged entry that was not written"),
        (15975, "the voter that was left went back behind a change of members when it lost power"),
        (22876, "a leader that halted on an entry still refused its vote in the same turn"),
        (31390, "a simulated store that had died still gave rows to the entries after its death"),
        (32419, "the same, within a digest's entry"),
        (47881, "the simulated operator moved a group to a disk that was to be replaced, and then could not"),
    ]

    @Test("What was mended stays mended", arguments: regressions.map(\.seed))
    func staysMended(seed: UInt64) {
        let result = SeedRun.result(of: seed)
        #expect(result.violation == nil, "seed \(seed): \(String(describing: result.violation))")
    }

    @Test("The same holds on the real store over disks that forget what was not synced", arguments: 1...4)
    func realStore(seed: UInt64) {
        var plan = SimulationPlan(seed: seed)
        plan.stores = .rocksDB(below: SimulatedStoreKind.scratch)
        let result = SeedRun.result(of: plan)
        #expect(result.violation == nil, "seed \(seed): \(String(describing: result.violation)); --store rocksdb")
        #expect(result.coreSteps > 10_000)
    }

    @Test("A seed decides everything: the same run twice, step by step")
    func determinism() {
        for seed: UInt64 in [3, 6, 14] {
            let first = SeedRun.result(of: seed)
            let second = SeedRun.result(of: seed)
            #expect(first.trace.hash == second.trace.hash && first.trace.count == second.trace.count)
            #expect(first.trace.hash != SeedRun.result(of: seed + 1).trace.hash)
        }
    }

    @Test("Without trouble nothing is lost, refused or repeated")
    func calm() {
        for seed: UInt64 in 1...5 {
            let result = SeedRun.result(of: seed, faults: [])
            #expect(result.violation == nil)
            for event in [RareEvent.leaderCrash, .droppedByLoss, .unsyncedLost, .wipedTurnedAway, .duplicated] {
                #expect(result.events[event] == 0, "seed \(seed): \(event.name)")
            }
            #expect(result.events[.readConfirmed] > 0)
        }
    }

    @Test("Who forgot what it had acknowledged is told so, stops for good, and is replaced")
    func forgetful() {
        var totals = SimulationTotals()
        for seed: UInt64 in 1...10 { totals.add(SeedRun.result(of: seed, faults: [.forgetfulDisks])) }
        #expect(totals.failures == 0)
        #expect(totals.events[.quarantined] > 0 && totals.events[.wipedRejoined] > 0)
    }

    @Test("With all faults together every rare event happens within few seeds")
    func rareEvents() {
        let everything = Faults.names.reduce(into: Faults()) { $0.insert($1.fault) }
        var totals = SimulationTotals()
        for seed: UInt64 in 1...30 { totals.add(SeedRun.result(of: seed, faults: everything)) }
        #expect(totals.failures == 0)
        // A disk that forgets acknowledged writes is let loose only where messages are not late.
        let rarest: Set<RareEvent> = [
            .leaderCrashInJoint, .outsiderWithheld, .stalenessRefusedUnderClockFault, .quarantined,
        ]
        #expect(totals.events.missing.filter { !rarest.contains($0) } == [])
    }

    @Test("The report tells how long all federations lived together, and how fast that went")
    func report() {
        let hour = SimulationResult(
            plan: SimulationPlan(seed: 1), violation: nil, trace: Trace(nodes: 1, keeping: .nothing), coreSteps: 30_000,
            time: 3_600_000_000_000, events: RareEventCounts())
        var totals = SimulationTotals()
        for _ in 0..<8_770 { totals.add(hour) }
        #expect(
            totals.lines(seconds: 1_000, threads: 2).first
                == "8770 seeds, 0 failed, 263100000 core steps (131550/s on each thread), "
                + "8770.0 simulated hours (1.001 years)")
    }
}
