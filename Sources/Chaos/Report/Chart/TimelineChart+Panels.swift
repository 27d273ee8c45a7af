extension TimelineChart {
    // MARK: - Answers per second

    /// Stacked by region, so that the outline is all of them.
    mutating func drawRates(_ traffic: Timeline.Traffic) {
        let regions = timeline.regions.filter { timeline.lane(traffic, in: $0) != nil }
        let rates = regions.map { region in timeline.lane(traffic, in: region).map { coarse($0.rate, traffic) } ?? [] }
        let steps = rates.map(\.count).max() ?? 0
        let totals = (0..<steps).map { step in rates.reduce(0) { $0 + ($1.indices.contains(step) ? $1[step] : 0) } }
        let unit = "\(Self.name(traffic))/s"
        let width = drawnWidth(traffic)
        let gap = noted(traffic)
        var drawing = Drawing()
        let (top, bottom) = (y + 14, y + 72)
        let axis = Axis.linear(to: Self.height(for: totals), from: bottom, top)
        Self.frame(&drawing, axis, from: left, right, unit: unit, top: top)
        var below = [Double](repeating: 0, count: steps)
        for (region, rate) in zip(regions, rates) {
            let above = zip(below, rate).map(+)
            let outline = Self.steps(above, width, x: x, y: axis.place)
            let back = Self.steps(below, width, x: x, y: axis.place, isBackward: true)
            drawing.path("M\(outline)L\(back)Z", "area \(Self.style(colours[region]))")
            below = above
        }
        legend(&drawing, regions, mean: rates.map { $0.reduce(0, +) / Double(max(1, $0.count)) }, top: top)
        if let gap { note(gap, &drawing, at: top + 9) }
        notePeak(of: totals, above: axis.high, width, &drawing, at: top - 4)
        append(drawing, height: 84)
    }

    /// Room for what is usual: a short burst, as after a gap, is cut off, since it would flatten all the rest.
    private static func height(for totals: [Double]) -> Double {
        let sorted = totals.sorted()
        guard let most = sorted.last else { return 0 }
        let usual = sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
        return usual > 0 ? min(most * 1.08, usual * 2) : most * 1.08
    }

    /// Says how high the burst is that was cut off.
    private func notePeak(
        of totals: [Double], above high: Double, _ width: Double, _ drawing: inout Drawing, at y: Double
    ) {
        guard let most = totals.max(), most > high, let step = totals.firstIndex(of: most) else { return }
        let words = "\u{2191} \(FigureText.significant(most))/s"
        let place = x((Double(step) + 0.5) * width)
        let isRight = place + Drawing.width(of: words) <= right
        drawing.text(isRight ? place - 3 : place + 3, y, words, "t", anchor: isRight ? .start : .end)
    }

    /// Answers per second in longer steps, of at least a few calls each: fewer would be drawn as noise.
    private func coarse(_ rate: [Double], _ traffic: Timeline.Traffic) -> [Double] {
        let size = stepsAsOne(traffic)
        return stride(from: 0, to: rate.count, by: size).map { start in
            let part = rate[start..<min(rate.count, start + size)]
            return part.reduce(0, +) / Double(part.count)
        }
    }

    private func stepsAsOne(_ traffic: Timeline.Traffic) -> Int {
        guard let rate = timeline.lane(traffic, in: "")?.rate, !rate.isEmpty else { return merged }
        let calls = rate.reduce(0, +) / Double(rate.count) * timeline.step
        let sizes = [1, 2, 4]
        return max(merged, sizes.first { calls * Double($0) >= 6 } ?? 4)
    }

    private func drawnWidth(_ traffic: Timeline.Traffic) -> Double { Double(stepsAsOne(traffic)) * timeline.step }

    /// Level by level, as `x y` pairs.
    private static func steps(
        _ values: [Double], _ width: Double, x: (Double) -> Double, y: (Double) -> Double, isBackward: Bool = false
    ) -> String {
        let points = values.enumerated().flatMap { step, value in
            [(x(Double(step) * width), y(value)), (x(Double(step + 1) * width), y(value))]
        }
        // Corners that lie on a level line say nothing.
        let corners = points.indices.filter { index in
            index == 0 || index == points.count - 1 || points[index - 1].1 != points[index].1
                || points[index + 1].1 != points[index].1
        }.map { points[$0] }
        return (isBackward ? corners.reversed() : corners).map { point in
            "\(FigureText.plain(point.0, digits: 1)) \(FigureText.plain(point.1, digits: 1))"
        }.joined(separator: "L")
    }

    private func legend(_ drawing: inout Drawing, _ regions: [String], mean: [Double], top: Double) {
        for (index, region) in regions.enumerated() {
            let y = top + Double(index) * 13
            drawing.rectangle(right + 10, y, 8, 8, "area \(Self.style(colours[region]))")
            drawing.text(right + 22, y + 8, "\(region) \(FigureText.significant(mean[index]))/s")
        }
    }

    // MARK: - Gaps

    /// The longest gap, if it stands out from the usual time between two answers.
    private func noted(_ traffic: Timeline.Traffic) -> Timeline.Gap? {
        let gaps = timeline.gaps.filter { gap in
            guard gap.traffic == traffic, traffic == .writes || !gap.region.isEmpty else { return false }
            guard let rate = timeline.lane(traffic, in: gap.region)?.rate, !rate.isEmpty else { return false }
            let usual = Double(rate.count) / max(1e-9, rate.reduce(0, +))
            return gap.until - gap.from >= max(0.2, usual * 8)
        }
        let whole = gaps.first { $0.region.isEmpty }
        return whole ?? gaps.max { $0.until - $0.from < $1.until - $1.from }
    }

    private func note(_ gap: Timeline.Gap, _ drawing: inout Drawing, at y: Double) {
        let (from, until) = (x(gap.from), max(x(gap.until), x(gap.from) + 2))
        let place = gap.region.isEmpty ? "" : " in \(gap.region)"
        let words = "\(FigureText.seconds(gap.until - gap.from)) without an answer\(place)"
        for end in [from, until] { drawing.line(end, y - 4, end, y + 4, "gap") }
        drawing.line(from, y, until, y, "gap")
        let isRight = until + 6 + Drawing.width(of: words) <= right
        let wide = Drawing.width(of: words) + 2
        drawing.rectangle(isRight ? until + 5 : from - 6 - wide, y - 7, wide, 13, "halo")
        drawing.text(isRight ? until + 6 : from - 6, y + 4, words, "tg", anchor: isRight ? .start : .end)
    }

    // MARK: - Times

    /// From the middle to the 99th percentile as an area, and the longest call of each step as a line.
    mutating func drawLatency(_ traffic: Timeline.Traffic) {
        guard let lane = timeline.lane(traffic, in: "") else { return }
        let points = times(of: lane)
        guard !points.isEmpty else { return }
        let unit = "\(Self.name(traffic)), time"
        var drawing = Drawing()
        let (top, bottom) = (y + 14, y + 86)
        let axis = Axis.logarithmic(around: points.flatMap { [$0.p50, $0.longest] }, from: bottom, top)
        Self.frame(&drawing, axis, from: left, right, unit: unit, top: top)
        let width = Double(merged) * timeline.step
        var area = ""
        var middle = ""
        var longest = ""
        for run in Self.unbroken(points) {
            let upper = run.map { "\(at($0.step, width)) \(place($0.p99, axis))" }
            let lower = run.reversed().map { "\(at($0.step, width)) \(place($0.p50, axis))" }
            area += "M" + (upper + lower).joined(separator: "L") + "Z"
            middle += "M" + run.map { "\(at($0.step, width)) \(place($0.p50, axis))" }.joined(separator: "L")
            longest += "M" + run.map { "\(at($0.step, width)) \(place($0.longest, axis))" }.joined(separator: "L")
        }
        drawing.path(area, "spread")
        drawing.path(longest, "longest")
        drawing.path(middle, "middle")
        key(&drawing, top: top)
        append(drawing, height: 98)
    }

    private struct Times {
        let step: Int
        let p50: Double
        let p99: Double
        let longest: Double
    }

    /// Of steps that are drawn as one the median of medians and the longest of the rest.
    private func times(of lane: Timeline.Lane) -> [Times] {
        stride(from: 0, to: lane.p50.count, by: merged).compactMap { start in
            let part = start..<min(lane.p50.count, start + merged)
            let middles = lane.p50[part].compactMap(\.self).sorted()
            guard let p99 = lane.p99[part].compactMap(\.self).max(), !middles.isEmpty,
                let longest = lane.longest[part].compactMap(\.self).max()
            else { return nil }
            return Times(step: start / merged, p50: middles[middles.count / 2], p99: p99, longest: longest)
        }
    }

    /// Neighbours together: where nobody asked, no line is drawn.
    private static func unbroken(_ points: [Times]) -> [[Times]] {
        points.reduce(into: []) { runs, point in
            if let last = runs.last?.last, point.step - last.step <= 2 {
                runs[runs.count - 1].append(point)
            } else {
                runs.append([point])
            }
        }
    }

    private func at(_ step: Int, _ width: Double) -> String {
        FigureText.plain(x((Double(step) + 0.5) * width), digits: 1)
    }

    private func place(_ value: Double, _ axis: Axis) -> String { FigureText.plain(axis.place(value), digits: 1) }

    private func key(_ drawing: inout Drawing, top: Double) {
        drawing.line(right + 10, top + 4, right + 24, top + 4, "longest")
        drawing.text(right + 30, top + 8, "longest")
        drawing.rectangle(right + 10, top + 13, 14, 8, "spread")
        drawing.text(right + 30, top + 21, "p50 to p99")
        drawing.line(right + 10, top + 30, right + 24, top + 30, "middle")
        drawing.text(right + 30, top + 34, "p50")
        drawing.text(right + 10, top + 50, "by when the call began", "ts")
    }

    // MARK: - Failures

    /// A row for each region: the darker, the more calls failed.
    mutating func drawFailures() {
        let regions = Set(timeline.failures.map(\.region)).sorted()
        guard !regions.isEmpty else { return }
        var title = Drawing()
        title.text(left, y + 10, "failed calls by region of the client", "tu")
        append(title, height: 15)
        for region in regions {
            let mine = timeline.failures.filter { $0.region == region }
            var steps: [Int: [String: Int]] = [:]
            for kind in mine {
                for pair in stride(from: 0, to: kind.counts.count - 1, by: 2) {
                    let word = "\(Self.name(kind.traffic)) \(kind.code)"
                    steps[kind.counts[pair] / merged, default: [:]][word, default: 0] += kind.counts[pair + 1]
                }
            }
            let most = Double(max(4, steps.values.map { $0.values.reduce(0, +) }.max() ?? 1))
            var drawing = Drawing()
            drawing.text(left - 8, y + 10.5, region, "tl", anchor: .end)
            drawing.rectangle(left, y + 1, right - left, 13, "empty")
            let width = Double(merged) * timeline.step
            for (step, kinds) in steps.sorted(by: { $0.key < $1.key }) {
                let count = kinds.values.reduce(0, +)
                let from = x(Double(step) * width)
                let words = kinds.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
                drawing.rectangle(
                    from, y + 1, max(1.6, x(Double(step + 1) * width) - from), 13, "failed",
                    opacity: 0.3 + 0.7 * Double(count) / most,
                    title: "\(Self.clock(Double(step) * width)): \(words.joined(separator: ", "))")
            }
            let total = steps.values.reduce(0) { $0 + $1.values.reduce(0, +) }
            drawing.text(right + 10, y + 11, "\(FigureText.grouped(total)) failed", "tr")
            append(drawing, height: 17)
        }
        append(Drawing(), height: 6)
    }

    // MARK: - Frames

    private static func frame(
        _ drawing: inout Drawing, _ axis: Axis, from left: Double, _ right: Double, unit: String, top: Double
    ) {
        for tick in axis.ticks(axis.isLogarithmic ? 4 : 3) {
            let y = axis.place(tick)
            drawing.line(left, y, right, y, tick == axis.low ? "axis" : "grid")
            let label = axis.isLogarithmic ? FigureText.seconds(tick / 1000) : FigureText.plain(tick)
            drawing.text(left - 8, y + 3.5, label, "t", anchor: .end)
        }
        drawing.text(left, top - 4, unit, "tu")
    }

    private static func name(_ traffic: Timeline.Traffic) -> String {
        switch traffic {
        case .writes: "writes"
        case .crypto: "crypto"
        case .kubernetes: "Kubernetes calls"
        case .reads: "reads"
        }
    }
}
