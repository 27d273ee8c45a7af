/// The part of the page about one scenario.
struct ScenarioSection {
    private let scenario: ScenarioReport
    private let colours: [String: Int]
    /// More are counted, not shown.
    private static let shownFindings = 40
    private static let shownEvents = 400

    init(_ scenario: ScenarioReport, colours: [String: Int]) {
        self.scenario = scenario
        self.colours = colours
    }

    var text: String {
        """
        <section id="\(HTMLText.anchor(scenario.name))">
        <div class="head"><h2>\(HTMLText.escape(scenario.name))</h2>\(badge)\(promises)</div>
        <p style="margin:4px 0 8px">\(HTMLText.escape(scenario.title))</p>
        <dl><dt>repeat</dt><dd><code>\(HTMLText.escape(scenario.command))</code></dd>\(seeds)</dl>
        \(scenario.skipped.map { "<p class=\"soft\">Skipped: \(HTMLText.escape($0))</p>" } ?? results)
        </section>
        """
    }

    private var badge: String { ReportPage.badge(scenario.verdict) }

    private var promises: String {
        scenario.promises.isEmpty
            ? "" : "<span class=\"soft\">\(HTMLText.escape(scenario.promises.joined(separator: " · ")))</span>"
    }

    private var seeds: String {
        guard !scenario.runs.isEmpty else { return "" }
        let all = scenario.runs.map { $0.passed ? "\($0.seed)" : "<b>✗ \($0.seed)</b>" }
        let word = all.count == 1 ? "seed" : "seeds"
        return "<dt>\(word)</dt><dd class=\"seeds\">\(all.joined(separator: ", "))</dd>"
    }

    private var results: String {
        let bound = table("against bounds", scenario.rows.filter { $0.bound != nil })
        let others = table("also measured", scenario.rows.filter { $0.bound == nil })
        return "<div class=\"columns\">\(bound)\(others)\(trouble)</div>\(timeline)"
    }

    // MARK: - Figures

    private func table(_ title: String, _ rows: [FigureRow]) -> String {
        if rows.isEmpty { return "" }
        let isMany = scenario.runs.count > 1
        let several = isMany ? "<th>median</th><th class=\"w\">each run</th>" : ""
        let bounds = rows.contains { $0.bound != nil } ? ("<th>bound</th>", "<th></th>") : ("", "")
        let lines = rows.map { row($0, isMany: isMany) }
        return """
            <div class="scroll"><table>
            <thead><tr><th class="w">\(title)</th>\(bounds.0)<th>\(isMany ? "worst" : "measured")</th>\
            \(several)\(bounds.1)</tr></thead>
            <tbody>\(lines.joined(separator: "\n"))</tbody>
            </table></div>
            """
    }

    private func row(_ row: FigureRow, isMany: Bool) -> String {
        let isMissed = row.passed == false
        let missing = row.missing > 0 && row.bound != nil ? "<br><b>\(row.missing) not measured</b>" : ""
        let name = HTMLText.escape(row.measure.label) + missing
        var cells = ["<td class=\"w\" title=\"\(HTMLText.escape(row.measure.meaning))\">\(name)</td>"]
        if let bound = row.bound {
            let middle = row.isForMiddle ? "median " : ""
            cells.append("<td class=\"soft\">\(middle)\(HTMLText.escape(row.measure.text(bound: bound)))</td>")
        }
        cells.append(Self.figure(row.worst, row.measure, isMissed: isMissed && !row.isForMiddle))
        if isMany {
            cells.append(Self.figure(row.middle, row.measure, isMissed: isMissed && row.isForMiddle))
            cells.append("<td class=\"w\">\(DotStrip.picture(row, runs: scenario.runs))</td>")
        }
        if row.bound != nil { cells.append(isMissed ? "<td class=\"bad\">✗</td>" : "<td class=\"good\">✓</td>") }
        return "<tr>\(cells.joined())</tr>"
    }

    private static func figure(_ value: Double?, _ measure: Measure, isMissed: Bool) -> String {
        "<td\(isMissed ? " class=\"miss\"" : "")>\(value.map { HTMLText.escape(measure.text($0)) } ?? "–")</td>"
    }

    // MARK: - What went wrong

    private var trouble: String {
        let lines = scenario.runs.flatMap { run in
            run.mishaps.map { (run.seed, "mishap", $0) } + run.findings.map { (run.seed, $0.kind, $0.text) }
        }
        guard !lines.isEmpty else { return "" }
        let items = lines.prefix(Self.shownFindings).map { seed, kind, text in
            let place = scenario.runs.count > 1 ? "<span class=\"faint\">seed \(seed)</span> " : ""
            return "<li>\(place)<b>\(HTMLText.escape(kind))</b> \(HTMLText.escape(text))</li>"
        }
        let rest = lines.count - items.count
        let more = rest > 0 ? "<li class=\"soft\">and \(rest) more, in report.json</li>" : ""
        return """
            <div class="grow"><h3 class="bad" style="margin-top:4px">✗ Found</h3>
            <ul>\(items.joined())\(more)</ul></div>
            """
    }

    // MARK: - Time line

    private var timeline: String {
        guard let run = scenario.worstRun, let timeline = run.timeline else { return "" }
        let which = run.passed ? "run that came nearest to a bound" : "worst run"
        let title = scenario.runs.count > 1 ? "Time line of the \(which), seed \(run.seed)" : "Time line"
        let wait = FigureText.seconds(run.stall)
        let stall = run.stall >= 0.1 ? "; the harness itself waited up to \(wait) for its processor" : ""
        let chart = TimelineChart(timeline, colours: colours)
        return "<h3>\(title)\(stall)</h3>\(chart.picture(label: "Time line of \(scenario.name)"))\(events(run))"
    }

    private func events(_ run: RunReport) -> String {
        guard !run.events.isEmpty else { return "" }
        let rows = run.events.prefix(Self.shownEvents).map { event in
            "<tr><td>\(FigureText.plain(event.at, digits: 3)) s</td><td class=\"w soft\">\(Self.word(event.kind))</td>"
                + "<td class=\"w wrap\">\(HTMLText.escape(event.text))</td></tr>"
        }
        return "<details><summary>\(run.events.count) events</summary><table>\(rows.joined())</table></details>"
    }

    private static func word(_ kind: RunRecord.Event.Kind) -> String {
        switch kind {
        case .fault: "fault"
        case .undone: "undone"
        case .nodeStarted: "started"
        case .nodeReady: "ready"
        case .nodeEnded: "ended"
        case .leader: "leader"
        case .note: "note"
        }
    }
}
