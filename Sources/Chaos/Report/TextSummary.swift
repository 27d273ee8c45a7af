/// The report for a terminal: a line for each scenario, then the verdict.
package struct TextSummary: Sendable {
    private let report: ChaosReport

    package init(_ report: ChaosReport) { self.report = report }

    package var lines: [String] {
        let titles = ["SCENARIO", "RUNS", "VERDICT", "WRITES BACK", "LONGEST CRYPTO GAP", "LOST", "VIOLATIONS"]
        let rows = [titles] + report.scenarios.map(Self.row)
        let widths = titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let table = rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            // The last column needs no blanks behind it.
            return (cells.dropLast() + row.suffix(1)).joined(separator: "  ")
        }
        return table + Self.reasons(report) + [verdict]
    }

    /// `PASS: 34 of 34 scenarios, 102 runs, 0 acknowledged writes lost, 0 violations`.
    package var verdict: String {
        let ran = report.scenarios.filter { $0.verdict != .skipped }
        let passed = ran.count { $0.verdict == .passed }
        let skipped = report.scenarios.count - ran.count
        var parts = ["\(passed) of \(ran.count) scenarios", "\(report.runs) runs"]
        if skipped > 0 { parts.insert("\(skipped) skipped", at: 1) }
        if let lost = report.total(.lostWrites) {
            parts.append("\(Measure.lostWrites.text(lost)) acknowledged writes lost")
        }
        if let found = report.total(.violations) { parts.append("\(Measure.violations.text(found)) violations") }
        if !report.leftBehind.isEmpty { parts.append("\(report.leftBehind.count) things left behind") }
        return "\(report.passed ? "PASS" : "FAIL"): \(parts.joined(separator: ", "))"
    }

    private static func row(_ scenario: ScenarioReport) -> [String] {
        func worst(_ measures: Measure...) -> String {
            let rows = measures.compactMap(scenario.row).filter { $0.worst != nil }
            guard let row = rows.max(by: { ($0.worst ?? 0) < ($1.worst ?? 0) }), let figure = row.worst else {
                return "-"
            }
            return row.measure.text(figure)
        }
        let passed = scenario.runs.count { $0.passed }
        let runs = passed == scenario.runs.count ? "\(passed)" : "\(passed)/\(scenario.runs.count)"
        return [
            scenario.name, scenario.skipped == nil ? runs : "-", scenario.verdict.rawValue, worst(.writesBack),
            worst(.cryptoGap, .affectedCryptoGap), worst(.lostWrites), worst(.violations),
        ]
    }

    /// Why scenarios failed or were skipped, a few lines each.
    private static func reasons(_ report: ChaosReport) -> [String] {
        report.scenarios.flatMap(reasons) + report.leftBehind.map { "left behind: \($0)" }
    }

    private static func reasons(_ scenario: ScenarioReport) -> [String] {
        if let reason = scenario.skipped { return ["\(scenario.name): skipped: \(reason)"] }
        guard scenario.verdict == .failed else { return [] }
        var lines = scenario.rows.filter { $0.passed == false }.map(missed)
        for run in scenario.runs {
            lines += run.mishaps.map { "seed \(run.seed): \($0)" }
            lines += run.findings.map { "seed \(run.seed): \($0.kind): \($0.text)" }
        }
        var shown = Array(lines.prefix(8))
        if lines.count > shown.count { shown.append("\(lines.count - shown.count) more in report.json") }
        shown.append("again: \(scenario.command)")
        return shown.map { "\(scenario.name): \($0)" }
    }

    private static func missed(_ row: FigureRow) -> String {
        let bound = row.bound.map { row.measure.text(bound: $0) } ?? "none"
        let middle = row.isForMiddle ? "median of " : ""
        guard row.missing == 0, let figure = row.isForMiddle ? row.middle : row.worst else {
            return "\(row.measure.label): not measured in \(row.missing) runs, bound \(bound)"
        }
        return "\(middle)\(row.measure.label): \(row.measure.text(figure)), bound \(bound)"
    }
}
