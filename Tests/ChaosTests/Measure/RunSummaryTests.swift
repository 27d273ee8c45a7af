import Chaos
import Testing

@Suite("Several runs together") struct RunSummaryTests {
    /// A run whose writes were gone for so long.
    private func run(_ gap: Double) -> Judgement {
        var history = HistoryBuilder([.writes], length: 60)
        history.event(10, .fault, "kill n1")
        for (number, time) in [9.5, 10, 10 + gap].enumerated() {
            let name = "eu/chaos/w-\(number)"
            history.call(
                .writes, .create(tags: [:]), time - 0.1, time, .done(.key(HistoryBuilder.facts(1))), subject: name)
            history.found(name)
        }
        history.record.scenario.length = .seconds(10 + gap)
        return history.judgement
    }

    @Test func worstAndMiddleOfAllRuns() throws {
        let summary = RunSummary(of: [run(4), run(2), run(9)], expectations: [])
        let spread = try #require(summary.spreads[.writesBack])
        #expect(spread.worst == 9)
        #expect(spread.middle == 4)
        #expect(summary.spreads[.nodesEnded]?.worst == 0)
        #expect(summary.spreads[.kubernetesGap] == nil)
        #expect(RunSummary(of: [run(4), run(2)], expectations: []).spreads[.writesBack]?.middle == 3)
    }

    @Test func whereMoreIsBetterTheLowestIsTheWorst() {
        let summary = RunSummary(of: [run(4), run(49)], expectations: [])
        let shares = [run(4), run(49)].compactMap { $0.figures[.secondsWithWrites] }
        #expect(summary.spreads[.secondsWithWrites]?.worst == shares.min())
    }

    @Test func boundsHoldForTheWorstOrForTheMiddle() {
        let runs = [run(4), run(2), run(9)]
        let strict = RunSummary(of: runs, expectations: [Expectation(.writesBack, 5)])
        #expect(!strict.isMet)
        #expect(strict.verdicts.first?.figure == 9)
        let middle = RunSummary(of: runs, expectations: [Expectation(.writesBack, 5, isForMiddle: true)])
        #expect(middle.isMet)
        #expect(middle.verdicts.first?.figure == 4)
    }

    @Test func whatMustAlwaysHoldIsAskedOfClaviger() {
        let measures = Measure.always.map(\.measure)
        let summary = RunSummary(of: [run(4)], expectations: [Expectation(.leaks, 0)])
        #expect(summary.verdicts.map(\.expectation.measure) == [.leaks] + measures.filter { $0 != .leaks })
        #expect(summary.isMet)
        #expect(RunSummary(of: [run(4)], expectations: [], subject: .etcd).verdicts.isEmpty)
    }

    @Test func aFigureThatIsMissingIsNotMet() throws {
        let summary = RunSummary(of: [run(4)], expectations: [Expectation(.kubernetesGap, 1)])
        let verdict = try #require(summary.verdicts.first)
        #expect(!verdict.isMet)
        #expect(verdict.figure == nil)
        #expect(verdict.text.contains("1 of 1 runs did not show it"))
        #expect(!RunSummary(of: [], expectations: [Expectation(.writesBack, 1)]).isMet)
    }

    @Test func verdictsAreWords() throws {
        let verdict = try #require(RunSummary(of: [run(4)], expectations: [Expectation(.writesBack, 5)]).verdicts.first)
        #expect(verdict.text == "writes back: 4 s, at most 5 s expected")
    }
}
