import Telemetry
import Testing

@Suite("Histogram")
struct HistogramTests {
    @Test(
        "A duration falls into the first bucket whose bound is not below it",
        arguments: [(-5, 0), (0, 0), (10, 0), (11, 1), (20, 1), (21, 2), (30, 2), (31, 3), (1_000_000, 3)])
    func buckets(duration: Int64, bucket: Int) {
        let histogram = MetricsRegistry().histogram("t_seconds", help: "", bounds: [30, 10, 20])
        histogram.observe(nanoseconds: duration)
        #expect(histogram.snapshot.counts.firstIndex(of: 1) == bucket)
        #expect(histogram.snapshot.sumNanoseconds == max(0, duration))
    }

    @Test("A quantile is the bound of its bucket and unknown before the first observation")
    func quantiles() {
        let histogram = MetricsRegistry().histogram("t_seconds", help: "", bounds: [10, 20, 30])
        #expect(histogram.quantile(0.5) == nil)
        for _ in 0..<98 { histogram.observe(nanoseconds: 5) }
        histogram.observe(nanoseconds: 15)
        histogram.observe(nanoseconds: 99)
        #expect(histogram.quantile(0.5) == 10)
        #expect(histogram.quantile(0.99) == 20)
        #expect(histogram.quantile(1) == 30)
    }

    @Test("Observations of many tasks are all counted")
    func parallel() async {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("t_seconds", help: "")
        let counter = registry.counter("t_total", help: "")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<1_000 {
                        histogram.observe(nanoseconds: Int64(number))
                        counter.add()
                    }
                }
            }
        }
        #expect(histogram.snapshot.counts.reduce(0, +) == 8_000)
        #expect(histogram.snapshot.sumNanoseconds == 8 * 499_500)
        #expect(counter.value == 8_000)
    }
}
