import Raft
import Testing

@Suite("Safety in bad weather")
struct SafetyTests {
    @Test("No promise is broken while members change", arguments: 0..<60 as Range<UInt64>)
    func storm(seed: UInt64) {
        var group = StormyGroup(seed: seed)
        group.storm(steps: 4000)
        _ = group.calm(rounds: 100)
        #expect(group.violations.isEmpty)
    }

    @Test("Fair weather brings progress", arguments: 0..<60 as Range<UInt64>)
    func progress(seed: UInt64) {
        var group = StormyGroup(seed: seed, changesMembers: false)
        group.storm(steps: 4000)
        let before = group.commitIndex
        let progresses = group.calm(rounds: 300)
        #expect(progresses, "no progress: \(group.summary)")
        #expect(group.commitIndex > before)
        #expect(group.violations.isEmpty)
    }

    @Test("Storms make the group do something")
    func stormsAreNotEmpty() {
        var committed: UInt64 = 0
        var reads = 0
        for seed in UInt64(0)..<10 {
            var group = StormyGroup(seed: seed)
            group.storm(steps: 4000)
            committed += group.commitIndex.rawValue
            reads += group.answeredReads
        }
        #expect(committed > 150)
        #expect(reads > 50)
    }

    @Test("A seed gives the same run every time")
    func determinism() {
        func run() -> (LogIndex, Int) {
            var group = StormyGroup(seed: 11)
            group.storm(steps: 4000)
            return (group.commitIndex, group.answeredReads)
        }
        let first = run()
        let second = run()
        #expect(first == second)
    }
}
