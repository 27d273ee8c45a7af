import Chaos
import Testing

@Suite("Several runs of a scenario together") struct ScenarioReportTests {
    /// A run whose writes were gone for so long.
    private func run(_ gap: Double) -> RunReport {
        var history = HistoryBuilder([.writes], length: 60)
        history.event(10, .fault, "kill n1")
        for (number, time) in [9.5, 10, 10 + gap].enumerated() {
            let name = "eu/chaos/w-\(number)"
            history.call(
                .writes, .create(tags: [:]), time - 0.1, time, .done(.key(HistoryBuilder.facts(1))), subject: name)
            history.found(name)
        }
        history.record.scenario.length = .seconds(10 + gap)
        return RunReport(of: history.record, figures: history.judgement.figures, findings: [], passed: true)
    }

    private func report(
        _ gaps: [Double], expecting expectations: [Chaos.Expectation] = [], subject: Scenario.Subject = .claviger
    ) -> ScenarioReport {
        var scenario = HistoryBuilder([.writes], subject: subject).record.scenario
        scenario.expectations = expectations
        return ScenarioReport(scenario, seeds: [1], command: "", runs: gaps.map(run))
    }

    @Test func worstAndMiddleOfAllRuns() throws {
        let report = report([4, 2, 9])
        let row = try #require(report.row(.writesBack))
        #expect(row.worst == 9)
        #expect(row.middle == 4)
        #expect(report.row(.nodesEnded)?.worst == 0)
        #expect(report.row(.kubernetesGap) == nil)
        #expect(self.report([4, 2]).row(.writesBack)?.middle == 3)
    }

    @Test func whereMoreIsBetterTheLowestIsTheWorst() {
        let report = report([4, 49])
        let shares = report.figures(.secondsWithWrites).compactMap(\.self)
        #expect(shares.count == 2)
        #expect(report.row(.secondsWithWrites)?.worst == shares.min())
    }

    @Test func boundsHoldForTheWorstOrForTheMiddle() {
        let strict = report([4, 2, 9], expecting: [Expectation(.writesBack, 5)])
        #expect(strict.verdict == .failed)
        #expect(strict.rows.first?.passed == false)
        #expect(strict.rows.first?.worst == 9)
        let middle = report([4, 2, 9], expecting: [Expectation(.writesBack, 5, isForMiddle: true)])
        #expect(middle.verdict == .passed)
        #expect(middle.rows.first?.middle == 4)
    }

    @Test func whatMustAlwaysHoldIsAskedOfClaviger() {
        let measures = Measure.always.map(\.measure)
        let report = report([4], expecting: [Expectation(.leaks, 0)])
        #expect(report.rows.filter { $0.bound != nil }.map(\.measure) == [.leaks] + measures.filter { $0 != .leaks })
        #expect(report.verdict == .passed)
        #expect(self.report([4], subject: .etcd).rows.allSatisfy { $0.bound == nil })
    }

    @Test func aFigureThatIsMissingIsNotMet() throws {
        let row = try #require(report([4], expecting: [Expectation(.kubernetesGap, 1)]).rows.first)
        #expect(row.passed == false)
        #expect(row.worst == nil)
        #expect(row.missing == 1)
        #expect(report([], expecting: [Expectation(.writesBack, 1)]).verdict == .failed)
    }
}
