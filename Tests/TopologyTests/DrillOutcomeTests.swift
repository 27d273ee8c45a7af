import Testing
import Topology

@Suite("What drills measure")
struct DrillOutcomeTests {
    private static func row(
        _ answers: [Double], failures: Int = 0, fault: Double = 5, end: Double = 20, bound: Double = 3
    ) -> DrillOutcome.Row {
        var calls = DrillCalls()
        for answer in answers { calls.add(began: answer - 0.1, ended: answer, error: nil) }
        for _ in 0..<failures { calls.add(began: 6, ended: 9, error: "unreachable") }
        return calls.row(.writes, placement: "eu", clients: "", bound: bound, fault: fault, end: end)
    }

    @Test("The longest gap is one that ends after the fault")
    func gaps() {
        let row = Self.row([4, 5.5, 7.5, 10, 12, 14, 16, 18, 19])
        #expect(row.longestGap == 2.5)
        #expect(row.isMet)
        #expect(row.longestCall == 0.1)
    }

    @Test("A service that does not come back has a gap to the end")
    func open() {
        let row = Self.row([1, 2, 3, 4, 5, 6], failures: 2)
        #expect(row.longestGap == 14)
        #expect(!row.isMet)
        #expect(row.calls == 8)
        #expect(row.failures == ["unreachable": 2])
        #expect(Self.row([]).longestGap == 20)
    }

    @Test("An acknowledged write that a quorum does not know is lost")
    func lost() {
        var writes = DrillWrites()
        for generation in [4, 5, 6] as [UInt64] { writes.acknowledge(generation: generation) }
        #expect(!writes.isVerified)
        writes.read(generation: 6)
        #expect(writes.lost == 0)
        #expect(writes.isVerified)
        writes.acknowledge(generation: 7)
        #expect(!writes.isVerified)
        writes.read(generation: 5)
        #expect(writes.lost == 2)
        writes.read(generation: 9)
        #expect(writes.lost == 2)
        writes.read(generation: nil)
        #expect(writes.lost == 4)
    }

    @Test("A generation that is given twice tells of a loss")
    func repeated() {
        var writes = DrillWrites()
        writes.acknowledge(generation: 4)
        writes.acknowledge(generation: 4)
        #expect(writes.lost == 1)
        #expect(writes.acknowledged == [4, 4])
    }

    @Test("It is good when all bounds are met and everything is there for certain")
    func verdict() {
        let good = Self.outcome([Self.row([4, 6, 8, 10, 12, 14, 16, 18])])
        #expect(good.isGood)
        #expect(!Self.outcome([Self.row([4])]).isGood)
        #expect(!Self.outcome([], .init(placement: "eu", acknowledged: 3, lost: 1, isVerified: true)).isGood)
        #expect(!Self.outcome([], .init(placement: "eu", acknowledged: 3, lost: 0, isVerified: false)).isGood)
        #expect(!Self.outcome([], problems: ["a did not leave service"]).isGood)
    }

    private static func outcome(
        _ rows: [DrillOutcome.Row],
        _ written: DrillOutcome.Written = .init(placement: "eu", acknowledged: 3, lost: 0, isVerified: true),
        problems: [String] = []
    ) -> DrillOutcome {
        DrillOutcome(
            drill: "region-loss", region: "eu-\"west\"", started: 1_770_000_000, isolated: ["a"], rows: rows,
            written: [written], problems: problems)
    }

    @Test("Prometheus text: every family with help and type, labels escaped, no exponents")
    func metrics() {
        let text = DrillMetrics.text(Self.outcome([Self.row([4, 6.25, 8, 10, 12, 14, 16, 18])]))
        let lines = text.split(separator: "\n").map(String.init)
        let labels = #"drill="region-loss",region="eu-\"west\"""#
        #expect(lines.contains("claviger_drill_last_run_timestamp_seconds{\(labels)} 1770000000"))
        #expect(lines.contains("claviger_drill_success{\(labels)} 1"))
        #expect(
            lines.contains(
                #"claviger_drill_longest_gap_seconds{\#(labels),placement="eu",kind="writes",clients=""} 2.250"#))
        #expect(lines.contains(#"claviger_drill_lost_writes{\#(labels),placement="eu"} 0"#))
        let families = lines.filter { $0.hasPrefix("# TYPE ") }.count
        #expect(lines.filter { $0.hasPrefix("# HELP ") }.count == families)
        #expect(text.hasSuffix("\n"))
    }
}
