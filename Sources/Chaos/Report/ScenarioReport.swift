/// What came out of all runs of a scenario.
package struct ScenarioReport: Sendable, Codable, Equatable {
    /// What all runs come to.
    package enum Verdict: String, Sendable, Codable { case passed, failed, skipped }

    package var name: String
    package var title: String
    /// As `R1`.
    package var promises: [String]
    package var seeds: [UInt64]
    /// What to type to see it again.
    package var command: String
    /// Why it was not run; nil if it was.
    package var skipped: String?
    package var runs: [RunReport]
    /// Every bound, then what else was measured.
    package var rows: [FigureRow]

    package init(
        name: String, title: String, promises: [String], seeds: [UInt64], command: String, skipped: String? = nil,
        runs: [RunReport] = [], rows: [FigureRow] = []
    ) {
        self.name = name
        self.title = title
        self.promises = promises
        self.seeds = seeds
        self.command = command
        self.skipped = skipped
        self.runs = runs
        self.rows = rows
    }

    /// Compares all runs with what the scenario expects, and with what must always hold of Claviger. Of many runs only
    /// the time lines that say most are kept: those of the worst and of the first that failed.
    package init(
        _ scenario: Scenario, seeds: [UInt64], command: String, runs: [RunReport], skipped: String? = nil
    ) {
        let bounds = Self.expectations(of: scenario)
        self.init(
            name: scenario.name, title: scenario.title, promises: scenario.promises, seeds: seeds, command: command,
            skipped: skipped, runs: runs, rows: skipped == nil ? FigureRow.rows(bounds, runs: runs) : [])
        let kept = Set(
            [Self.worst(of: runs, bounds)].compactMap(\.self) + runs.indices.filter { !runs[$0].passed }.prefix(4))
        guard runs.count > 5 else { return }
        for index in self.runs.indices where !kept.contains(index) { self.runs[index].timeline = nil }
    }

    package var verdict: Verdict {
        if skipped != nil { return .skipped }
        let isGood = !runs.isEmpty && runs.allSatisfy(\.passed) && rows.allSatisfy { $0.passed != false }
        return isGood ? .passed : .failed
    }

    /// A figure of each run, nil where a run does not have it.
    package func figures(_ measure: Measure) -> [Double?] { runs.map { $0.figure(measure) } }

    /// The row of a measure, bound or not.
    package func row(_ measure: Measure) -> FigureRow? { rows.first { $0.measure == measure } }

    /// The run that says most about what went wrong, or came nearest to it.
    package var worstRun: RunReport? {
        let bounds = rows.compactMap { row in row.bound.map { Expectation(row.measure, $0) } }
        return Self.worst(of: runs, bounds).map { runs[$0] }
    }

    static func expectations(of scenario: Scenario) -> [Expectation] {
        let named = Set(scenario.expectations.map(\.measure))
        let always = scenario.subject == .claviger ? Measure.always : []
        return scenario.expectations + always.filter { !named.contains($0.measure) }
    }

    /// Of runs that are equally bad the first, so that the same runs give the same report.
    private static func worst(of runs: [RunReport], _ bounds: [Expectation]) -> Int? {
        let ranks = runs.map { run in (run.passed ? 0 : 1, run.strain(bounds)) }
        return runs.indices.max { one, other in
            (ranks[one].0, ranks[one].1, -one) < (ranks[other].0, ranks[other].1, -other)
        }
    }
}
