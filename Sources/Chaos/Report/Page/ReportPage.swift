/// `report.html`: the verdict, all scenarios in a table, then each of them.
struct ReportPage {
    private let report: ChaosReport
    private let colours: [String: Int]

    init(_ report: ChaosReport) {
        self.report = report
        colours = RegionColours.assign(report.scenarios)
    }

    var text: String {
        let sections = report.scenarios.map { ScenarioSection($0, colours: colours).text }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Claviger chaos: \(report.passed ? "PASS" : "FAIL")</title>
            <style>\(ReportStyle.sheet)</style>
            </head>
            <body>
            <main>
            \(head)
            \(SummaryTable(report).text)
            \(sections.joined(separator: "\n"))
            </main>
            <script>\(ReportStyle.script)</script>
            </body>
            </html>

            """
    }

    // MARK: - Head

    private var head: String {
        let badge = Self.badge(report.passed ? .passed : .failed)
        return """
            <div class="head"><h1>Claviger under faults</h1>\(badge)</div>
            <div class="facts">\(facts)</div>
            <dl>\(origin)</dl>
            \(leftBehind)
            """
    }

    private var facts: String {
        let passed = report.scenarios.count { $0.verdict == .passed }
        let skipped = report.scenarios.count { $0.verdict == .skipped }
        let ran = report.scenarios.count - skipped
        let calls = report.scenarios.flatMap(\.runs).reduce(0) { $0 + $1.calls }
        return fact(
            "\(passed) of \(ran)", "scenarios passed" + (skipped > 0 ? ", \(skipped) skipped" : ""), isBad: passed < ran
        )
            + fact(FigureText.grouped(report.runs), "runs", isBad: false)
            + fact(FigureText.grouped(calls), "calls checked", isBad: false)
            + total(.lostWrites, "acknowledged writes lost") + total(.violations, "violations of consistency")
            + total(.leaks, "leaks") + total(.auditMismatches, "audit mismatches")
            + fact(
                report.leftBehind.isEmpty ? "clean" : "\(report.leftBehind.count) left", "after the runs",
                isBad: !report.leftBehind.isEmpty)
    }

    private func total(_ measure: Measure, _ label: String) -> String {
        guard let figure = report.total(measure) else { return fact("not measured", label, isBad: false) }
        return fact(measure.text(figure), label, isBad: figure > 0)
    }

    private func fact(_ value: String, _ label: String, isBad: Bool) -> String {
        let style = isBad ? " class=\"bad\"" : ""
        return "<div><b\(style)>\(HTMLText.escape(value))</b><span>\(HTMLText.escape(label))</span></div>"
    }

    private var origin: String {
        let machine = report.machine
        let memory = machine.memory > 0 ? ", \(FigureText.significant(Double(machine.memory) / 1e9)) GB" : ""
        let took = report.seconds > 0 ? ", took \(FigureText.length(report.seconds))" : ""
        let rows = [
            ("begun", report.started + took),
            ("machine", "\(machine.processor), \(machine.cores) cores\(memory), Linux \(machine.kernel)"),
            ("version", report.version),
        ].filter { !$0.1.isEmpty }
        return rows.map { "<dt>\($0.0)</dt><dd>\(HTMLText.escape($0.1))</dd>" }.joined()
            + "<dt>command</dt><dd><code>\(HTMLText.escape(report.command.joined(separator: " ")))</code></dd>"
    }

    private var leftBehind: String {
        guard !report.leftBehind.isEmpty else { return "" }
        let lines = report.leftBehind.map { "<li>\(HTMLText.escape($0))</li>" }
        return "<h3 class=\"bad\">✗ Left behind</h3><ul>\(lines.joined())</ul>"
    }

    /// The verdict in a word, with a sign beside its colour.
    static func badge(_ verdict: ScenarioReport.Verdict) -> String {
        switch verdict {
        case .passed: "<span class=\"verdict good\">✓ PASS</span>"
        case .failed: "<span class=\"verdict bad\">✗ FAIL</span>"
        case .skipped: "<span class=\"verdict soft\">– SKIPPED</span>"
        }
    }
}
