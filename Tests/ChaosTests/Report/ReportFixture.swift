import Chaos
import FoundationEssentials

/// Runs that nobody made, for tests of what is written about runs.
enum ReportFixture {
    static func scenario(
        _ name: String = "region-loss", title: String = "A region is lost.", schedule: [ScheduledFault] = [],
        expectations: [Expectation] = [Expectation(.writesBack, 10)]
    ) -> Scenario {
        Scenario(
            name: name, title: title, promises: ["R1"], topology: "topology/local.yaml",
            loads: [Load(.writes, placement: "eu", rate: 10)], length: .seconds(10), schedule: schedule,
            expectations: expectations)
    }

    /// A call of a client in a region, from and for so many milliseconds.
    static func call(
        _ number: Int, _ load: Load.Kind = .writes, in region: String = "eu-west", at start: Int64, for time: Int64?,
        _ outcome: ChaosCall.Outcome? = .done(.nothing)
    ) -> ChaosCall {
        ChaosCall(
            number: number, load: load, client: 0, region: region, subject: "eu/acme/k",
            request: load == .writes ? .create(tags: [:]) : .encrypt, start: start * 1_000_000,
            end: time.map { (start + $0) * 1_000_000 }, outcome: outcome)
    }

    static func event(
        _ milliseconds: Int64, _ kind: RunRecord.Event.Kind, _ text: String, _ nodes: [String] = [],
        group: String = "", term: UInt64 = 0
    ) -> RunRecord.Event {
        RunRecord.Event(at: milliseconds * 1_000_000, kind, text, nodes: nodes, group: group, term: term)
    }

    /// Everything at its best, but for what is said.
    static func run(
        seed: UInt64 = 1, _ figures: [Measure: Double] = [:], findings: [ReportFinding] = [],
        of scenario: Scenario? = nil
    ) -> RunReport {
        let best: [Measure: Double] = [
            .writesBack: 2, .lostWrites: 0, .violations: 0, .auditMismatches: 0, .leaks: 0, .unknownHistories: 0,
        ]
        var record = RunRecord(scenario: scenario ?? Self.scenario(), seed: seed)
        record.calls = (0..<20).map { call($0, at: Int64($0) * 500, for: 20) }
        record.events = [event(1000, .fault, "kill eu-west", ["eu-west"])]
        return RunReport(
            of: record, figures: best.merging(figures) { $1 }, findings: findings, passed: findings.isEmpty)
    }

    static func report(_ scenarios: [ScenarioReport], leftBehind: [String] = []) -> ChaosReport {
        ChaosReport(
            started: .init(timeIntervalSince1970: 0), machine: ReportMachine(processor: "P", cores: 2, kernel: "6"),
            version: "1.0", command: ["claviger-chaos", "run"], scenarios: scenarios, leftBehind: leftBehind)
    }
}
