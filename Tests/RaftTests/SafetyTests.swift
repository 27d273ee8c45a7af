import Raft
import Testing

@Suite("Safety in bad weather")
struct SafetyTests {
    /// Seeds run in batches: each is cheap, and a test for each would cost more than the seed.
    private static let batch: UInt64 = 100

    private func seeds(_ batch: UInt64) -> Range<UInt64> { batch * Self.batch..<(batch + 1) * Self.batch }

    @Test(
        "While members change no promise is broken, and fair weather brings progress",
        arguments: 0..<20 as Range<UInt64>)
    func membersChange(batch: UInt64) {
        for seed in seeds(batch) {
            var group = StormyGroup(seed: seed)
            group.storm(steps: 4000)
            let progresses = group.calm(rounds: 300)
            #expect(progresses, "seed \(seed) makes no progress: \(group.summary)")
            #expect(group.violations.isEmpty, "seed \(seed)")
        }
    }

    @Test("The same without changes of members", arguments: 20..<30 as Range<UInt64>)
    func membersStay(batch: UInt64) {
        for seed in seeds(batch) {
            var group = StormyGroup(seed: seed, changesMembers: false)
            group.storm(steps: 4000)
            let progresses = group.calm(rounds: 300)
            #expect(progresses, "seed \(seed) makes no progress: \(group.summary)")
            #expect(group.violations.isEmpty, "seed \(seed)")
        }
    }

    @Test(
        "A replica that never comes back does not matter where the others are a quorum",
        arguments: 0..<30 as Range<UInt64>)
    func oneIsMissing(batch: UInt64) {
        var tried = 0
        for seed in seeds(batch) {
            var group = StormyGroup(seed: seed)
            group.storm(steps: 4000)
            let missing = ReplicaID(seed % 5 + 1)
            guard group.canSpare(missing) else { continue }
            tried += 1
            // A change that was under way may make a quorum of a configuration that needs the missing one.
            let progresses = group.calm(rounds: 300, without: missing)
            #expect(
                progresses || !group.canSpare(missing),
                "seed \(seed) makes no progress without \(missing): \(group.summary)")
            #expect(group.violations.isEmpty, "seed \(seed)")
        }
        #expect(tried > 50)
    }

    @Test("Storms make the group do something")
    func stormsAreNotEmpty() {
        var total = StormyGroup.Tally()
        var committed: UInt64 = 0
        for seed in seeds(0) {
            var group = StormyGroup(seed: seed)
            group.storm(steps: 4000)
            committed += group.commitIndex.rawValue
            total.answeredReads += group.tally.answeredReads
            total.changes += group.tally.changes
            total.jointConfigurations += group.tally.jointConfigurations
            total.explicitLeaves += group.tally.explicitLeaves
            total.installedSnapshots += group.tally.installedSnapshots
            total.lostSnapshots += group.tally.lostSnapshots
        }
        #expect(committed > 1_000)
        #expect(total.answeredReads > 300)
        #expect(total.changes > 100)
        #expect(total.jointConfigurations > 40)
        #expect(total.explicitLeaves > 3)
        #expect(total.installedSnapshots > 50)
        #expect(total.lostSnapshots > 10)
    }

    @Test("A seed gives the same run every time")
    func determinism() {
        func run() -> (LogIndex, Int) {
            var group = StormyGroup(seed: 11)
            group.storm(steps: 4000)
            return (group.commitIndex, group.tally.answeredReads)
        }
        let first = run()
        let second = run()
        #expect(first == second)
    }
}
