import Simulation
import Testing

/// A short run of what `claviger-sim crash` and `claviger-sim bitrot` do at length.
@Suite("Faults of the disk")
struct DiskFaultTests {
    @Test("No crash loses what was acknowledged", arguments: [1, 2] as [UInt64])
    func crash(seed: UInt64) throws {
        let report = try #require(CrashRunner(seed: seed).run(0..<20))
        for failure in report.failures { Issue.record("seed \(seed), cycle \(failure.cycle): \(failure.text)") }
        #expect(report.cycles == 20)
        #expect(report.recovered > 20)
        // The faults must have come, or the run shows nothing.
        #expect(report.lostBytes > 0)
        #expect(report.crashes.count == CrashMode.allCases.count)
    }

    /// Cycles that once went wrong: a row behind the deletion of its group (280), chunks of another transfer (403).
    @Test("What was mended stays mended", arguments: [280, 403])
    func regressions(cycle: Int) throws {
        let report = try #require(CrashRunner(seed: 1).run(cycle..<cycle + 1))
        for failure in report.failures { Issue.record("cycle \(failure.cycle): \(failure.text)") }
        #expect(report.recovered > 0)
    }

    @Test("A cycle is the same every time")
    func repeatable() throws {
        let runner = CrashRunner(seed: 7)
        let (one, two) = (try #require(runner.run(0..<6)), try #require(runner.run(0..<6)))
        #expect(one.calls == two.calls)
        #expect(one.during == two.during)
        #expect(one.lostBytes == two.lostBytes)
    }

    @Test("No flipped bits give a wrong answer in silence", arguments: [1, 2] as [UInt64])
    func bitrot(seed: UInt64) throws {
        let report = try #require(try BitrotRunner(seed: seed).run(0..<180))
        for failure in report.failures {
            Issue.record("seed \(seed), trial \(failure.trial), \(failure.target.rawValue): \(failure.text)")
        }
        for target in BitrotTarget.allCases {
            let noticed = report.count(.detected, of: target) + report.count(.repaired, of: target)
            #expect(noticed > 0, "\(target.rawValue)")
        }
    }
}
