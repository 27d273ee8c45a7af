import Synchronization

/// One reading of a family that is computed when it is asked for.
package struct MetricSample: Sendable {
    package var labels: MetricLabels
    package var value: Double

    /// - Parameters:
    ///   - value: the reading.
    ///   - labels: which time series of the family it belongs to.
    package init(_ value: Double, _ labels: MetricLabels = .none) {
        self.labels = labels
        self.value = value
    }
}

/// All metrics of a process. Metrics are made (or found) by name and labels once and then used without the registry;
/// the registry's lock is taken only there and by a scrape.
package final class MetricsRegistry: Sendable {
    enum Series {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    struct Family {
        var name: String
        var help: String
        var kind: String
        var series: [(labels: MetricLabels, value: Series)] = []
        var computed: [@Sendable () -> [MetricSample]] = []
    }

    private let families = Mutex<[Family]>([])

    package init() {}

    /// The counter with this name and these labels; made on first use.
    package func counter(_ name: String, help: String, labels: MetricLabels = .none) -> Counter {
        let made = Counter()
        let series = find(name, help, "counter", labels, or: .counter(made))
        if case .counter(let counter) = series { return counter }
        return made
    }

    /// The gauge with this name and these labels; made on first use.
    package func gauge(_ name: String, help: String, labels: MetricLabels = .none) -> Gauge {
        let made = Gauge()
        let series = find(name, help, "gauge", labels, or: .gauge(made))
        if case .gauge(let gauge) = series { return gauge }
        return made
    }

    /// The histogram of durations with this name and these labels; made on first use. Its name ends in `_seconds`.
    package func histogram(
        _ name: String, help: String, labels: MetricLabels = .none, bounds: [Int64] = Histogram.latencyBounds
    ) -> Histogram {
        let made = Histogram(bounds: bounds)
        let series = find(name, help, "histogram", labels, or: .histogram(made))
        if case .histogram(let histogram) = series { return histogram }
        return made
    }

    /// Adds readings that are computed on each scrape, on the scraper's thread. An empty answer leaves no line.
    package func observe(_ name: String, help: String, _ read: @escaping @Sendable () -> [MetricSample]) {
        families.withLock { families in
            let index = Self.index(of: name, help, "gauge", in: &families)
            families[index].computed.append(read)
        }
    }

    /// Everything in Prometheus' text format 0.0.4, families in the order of their names.
    package func exposition() -> String {
        // Callbacks run outside of the lock: they may take locks of their own.
        let copy = families.withLock { $0 }.sorted { $0.name < $1.name }
        var text = ""
        for family in copy { MetricsText.append(family, to: &text) }
        return text
    }

    /// The media type to send with `exposition()`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The series of that name and those labels, which is `new` where there was none. A name that is already in use for
    /// another kind gives the caller its own unregistered object: a wrong metric must not stop a key service.
    private func find(
        _ name: String, _ help: String, _ kind: String, _ labels: MetricLabels, or new: Series
    ) -> Series {
        families.withLock { families in
            let index = Self.index(of: name, help, kind, in: &families)
            guard families[index].kind == kind else { return new }
            if let found = families[index].series.first(where: { $0.labels == labels }) { return found.value }
            families[index].series.append((labels, new))
            return new
        }
    }

    private static func index(of name: String, _ help: String, _ kind: String, in families: inout [Family]) -> Int {
        if let index = families.firstIndex(where: { $0.name == name }) { return index }
        families.append(Family(name: name, help: help, kind: kind))
        return families.count - 1
    }
}
