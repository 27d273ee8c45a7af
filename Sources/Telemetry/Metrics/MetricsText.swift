/// Prometheus' text format 0.0.4.
enum MetricsText {
    static func append(_ family: MetricsRegistry.Family, to text: inout String) {
        let computed = family.computed.flatMap { $0() }
        guard !family.series.isEmpty || !computed.isEmpty else { return }
        text += "# HELP \(family.name) \(escapedHelp(family.help))\n# TYPE \(family.name) \(family.kind)\n"
        for series in family.series {
            switch series.value {
            case .counter(let counter): text += "\(family.name)\(series.labels.text()) \(counter.value)\n"
            case .gauge(let gauge): text += "\(family.name)\(series.labels.text()) \(gauge.value)\n"
            case .histogram(let histogram): append(histogram, named: family.name, series.labels, to: &text)
            }
        }
        for sample in computed { text += "\(family.name)\(sample.labels.text()) \(number(sample.value))\n" }
    }

    private static func append(
        _ histogram: Histogram, named name: String, _ labels: MetricLabels, to text: inout String
    ) {
        let (counts, sum) = histogram.snapshot
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < histogram.bounds.count ? number(Double(histogram.bounds[index]) / 1e9) : "+Inf"
            text += "\(name)_bucket\(labels.text(extra: ("le", bound))) \(total)\n"
        }
        text += "\(name)_sum\(labels.text()) \(number(Double(sum) / 1e9))\n\(name)_count\(labels.text()) \(total)\n"
    }

    /// Whole numbers without a fraction; infinities and not-a-number as the format spells them.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    private static func escapedHelp(_ text: String) -> String {
        text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
    }
}
