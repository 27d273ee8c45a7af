/// A run's time line as a picture: what was done to it on top, then who led, what was answered, how fast, and what was
/// not. All parts share the axis of time, and faults are shaded through all of them.
struct TimelineChart {
    let timeline: Timeline
    /// The colour of each region, counted from 0: the same in the whole report.
    let colours: [String: Int]

    let width = 1160.0
    let left = 96.0
    let right = 1160.0 - 148
    /// Steps that are drawn as one, so that low rates do not flicker.
    let merged: Int

    private var drawing = Drawing()
    /// Where the next part begins.
    private(set) var y = 0.0
    /// Where the part that faults shade begins.
    private var top = 0.0

    init(_ timeline: Timeline, colours: [String: Int]) {
        self.timeline = timeline
        self.colours = colours
        let steps = max(1, (timeline.length / timeline.step).rounded(.up))
        // At most 400 steps, since more cannot be told apart.
        merged = max(1, Int((steps / 400).rounded(.up)))
    }

    /// The whole picture with its label.
    func picture(label: String) -> String {
        var chart = self
        chart.drawFaults()
        chart.top = chart.y
        chart.drawLeaders()
        chart.drawAbsences()
        let lanes = Timeline.Traffic.allCases.filter { timeline.lane($0, in: "") != nil }
        for traffic in lanes { chart.drawRates(traffic) }
        for traffic in lanes { chart.drawLatency(traffic) }
        chart.drawFailures()
        chart.drawAxis()
        var whole = Drawing()
        chart.shade(&whole)
        whole.insert(chart.drawing)
        let data = " data-left=\"\(left)\" data-right=\"\(right)\" data-length=\"\(timeline.length)\""
        return whole.picture(width: width, height: chart.y, style: "timeline", label: label, attributes: data)
    }

    func x(_ time: Double) -> Double {
        let share = min(1, max(0, time / max(timeline.length, 1e-9)))
        return left + share * (right - left)
    }

    // MARK: - What was done

    private mutating func drawFaults() {
        /// Where each row is free from.
        var rows: [Double] = []
        let height = 17.0
        for band in timeline.bands {
            let from = x(band.from)
            let until = band.until.map { max(x($0), from + 2) } ?? from
            let place = Self.label(band.text, from: from, until: until, limit: width)
            let row = rows.firstIndex { $0 <= place.low } ?? rows.count
            if row == rows.count { rows.append(0) }
            rows[row] = place.high + 6
            let y = y + Double(row) * height
            let title = "\(band.text), \(Self.clock(band.from))" + (band.until.map { " to \(Self.clock($0))" } ?? "")
            if band.until != nil {
                drawing.rectangle(from, y + 2, until - from, 12, "fault", title: title)
            } else {
                drawing.diamond(from, y + 8, 4.5, "moment", title: title)
            }
            drawing.text(place.x, y + 11.5, band.text, "tb", anchor: place.anchor)
        }
        if rows.isEmpty { return }
        drawing.text(left - 8, y + 11.5, "faults", "tl", anchor: .end)
        y += Double(rows.count) * height + 5
    }

    /// Where a band's words stand: in it, behind it, or before it, and what the two need of the row.
    private static func label(
        _ text: String, from: Double, until: Double, limit: Double
    ) -> (x: Double, anchor: Drawing.Anchor, low: Double, high: Double) {
        let wide = Drawing.width(of: text)
        if until - from >= wide + 8 { return (from + 5, .start, from, until) }
        if until + 7 + wide <= limit { return (until + 7, .start, from - 5, until + 7 + wide) }
        return (from - 7, .end, from - 7 - wide, until)
    }

    private func shade(_ drawing: inout Drawing) {
        let bottom = y - 30
        for band in timeline.bands {
            let from = x(band.from)
            if let until = band.until {
                drawing.rectangle(from, top, max(1, x(until) - from), bottom - top, "shade")
            } else {
                drawing.line(from, top, from, bottom, "momentline")
            }
        }
    }

    // MARK: - Leaders and nodes

    private mutating func drawLeaders() {
        let groups = Set(timeline.leaders.map(\.group)).sorted()
        for group in groups {
            drawing.text(left - 8, y + 11, "leader \(group)", "tl", anchor: .end)
            drawing.rectangle(left, y + 2, right - left, 12, "empty")
            for span in timeline.leaders where span.group == group {
                let (from, until) = (x(span.from), x(span.until))
                let colour = timeline.places[span.node].flatMap { colours[$0] }
                let words = "\(span.node), term \(span.term)"
                drawing.rectangle(
                    from, y + 2, max(1, until - from - 1), 12, "l \(Self.style(colour))",
                    title: "\(group): \(words), \(Self.clock(span.from)) to \(Self.clock(span.until))")
                let fitting = [words, span.node].first { Drawing.width(of: $0) + 8 <= until - from }
                if let fitting { drawing.text(from + 5, y + 11.5, fitting, "tb") }
            }
            y += 17
        }
        if !groups.isEmpty { y += 4 }
    }

    private mutating func drawAbsences() {
        let nodes = Set(timeline.down.map(\.node)).sorted()
        for node in nodes {
            drawing.text(left - 8, y + 10, "\(node) down", "tl", anchor: .end)
            drawing.line(left, y + 7, right, y + 7, "grid")
            for span in timeline.down where span.node == node {
                let (from, until) = (x(span.from), x(span.until))
                drawing.rectangle(
                    from, y + 3, max(1.5, until - from), 8, "down",
                    title: "\(node) down, \(Self.clock(span.from)) to \(Self.clock(span.until))")
            }
            y += 15
        }
        if !nodes.isEmpty { y += 4 }
    }

    // MARK: - Pieces for all parts

    private mutating func drawAxis() {
        let axis = Axis.linear(to: timeline.length, from: left, right)
        drawing.line(left, y, right, y, "axis")
        for tick in axis.ticks(12) where tick <= timeline.length {
            let place = axis.place(tick)
            drawing.line(place, y, place, y + 4, "axis")
            drawing.text(place, y + 15, FigureText.plain(tick), "t", anchor: .middle)
        }
        drawing.text(right + 10, y + 15, "s since the load began", "t")
        y += 30
    }

    /// Puts a part that was drawn at `y` below what is there.
    mutating func append(_ part: Drawing, height: Double) {
        drawing.insert(part)
        y += height
    }

    static func style(_ colour: Int?) -> String { colour.map { "r\($0 % RegionColours.count)" } ?? "rx" }

    static func clock(_ seconds: Double) -> String { "\(FigureText.plain(seconds)) s" }
}

/// How many colours the page's style has for regions.
enum RegionColours {
    static let count = 6

    /// By the order of their names, all regions of a report.
    static func assign(_ reports: [ScenarioReport]) -> [String: Int] {
        let regions = reports.flatMap(\.runs).compactMap(\.timeline).flatMap(\.regions)
        return Dictionary(uniqueKeysWithValues: Set(regions).sorted().enumerated().map { ($1, $0) })
    }
}
