/// All scenarios, one in a line: the worst figure of all runs over its bound.
struct SummaryTable {
    private let report: ChaosReport
    private static let usual: [(measure: Measure, title: String)] = [
        (.writesBack, "writes back<br>(RTO)"), (.lostWrites, "lost writes<br>(RPO)"),
        (.cryptoGap, "crypto gap,<br>other regions"), (.affectedCryptoGap, "crypto gap,<br>hit regions"),
        (.kubernetesGap, "Kubernetes<br>gap"), (.revocationLag, "revocation<br>lag"), (.violations, "violations"),
    ]

    init(_ report: ChaosReport) { self.report = report }

    var text: String {
        // A column that no scenario fills says nothing.
        let columns = Self.usual.filter { column in report.scenarios.contains { $0.row(column.measure)?.worst != nil } }
        let titles = columns.map { "<th>\($0.title)</th>" }.joined()
        let rows = report.scenarios.map { row($0, columns.map(\.measure)) }
        return """
            <h3>Worst of all runs, over what is promised</h3>
            <div class="scroll"><table class="all">
            <thead><tr><th class="w">scenario</th><th class="w">verdict</th><th>runs</th>\(titles)</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    private func row(_ scenario: ScenarioReport, _ columns: [Measure]) -> String {
        let promises =
            scenario.promises.isEmpty
            ? "" : "<small>\(HTMLText.escape(scenario.promises.joined(separator: ", ")))</small>"
        let name = "<a href=\"#\(HTMLText.anchor(scenario.name))\">\(HTMLText.escape(scenario.name))</a>"
        let cells: String
        if let reason = scenario.skipped {
            cells = "<td class=\"w wrap soft\" colspan=\"\(columns.count)\">\(HTMLText.escape(reason))</td>"
        } else {
            cells = columns.map { cell(scenario.row($0)) }.joined()
        }
        let passed = scenario.runs.count { $0.passed }
        let runs = passed == scenario.runs.count ? "\(passed)" : "\(passed) of \(scenario.runs.count)"
        return "<tr><td class=\"w\">\(name)\(promises)</td><td class=\"w\">\(ReportPage.badge(scenario.verdict))</td>"
            + "<td>\(scenario.skipped == nil ? runs : "")</td>\(cells)</tr>"
    }

    private func cell(_ row: FigureRow?) -> String {
        guard let row, let worst = row.worst else {
            guard row?.bound != nil else { return "<td class=\"faint\">·</td>" }
            return "<td class=\"miss\">✗ none</td>"
        }
        // What the bound is for, so that a figure beyond it is not shown as wrong when the bound is for the middle.
        let judged = row.isForMiddle ? row.middle ?? worst : worst
        let isMissed = row.passed == false
        let value = (isMissed ? "✗ " : "") + HTMLText.escape(row.measure.text(judged))
        guard let bound = row.bound else { return "<td>\(value)</td>" }
        let middle = row.isForMiddle ? "median " : ""
        let limit = "<small>\(middle)\(HTMLText.escape(row.measure.text(bound: bound)))</small>"
        return "<td\(isMissed ? " class=\"miss\"" : "")>\(value)\(bar(judged, bound))\(bound == 0 ? "" : limit)</td>"
    }

    /// How much of the bound is used.
    private func bar(_ figure: Double, _ bound: Double) -> String {
        guard bound > 0 else { return "" }
        let share = figure.isFinite ? min(100, max(0, figure / bound * 100)) : 100
        return "<span class=\"bar\"><i style=\"width:\(FigureText.plain(share, digits: 0))%\"></i></span>"
    }
}
