import Telemetry
import Testing

@Suite("MetricsRegistry")
struct MetricsRegistryTests {
    @Test("The exposition is the text format 0.0.4, families by name")
    func exposition() {
        let registry = MetricsRegistry()
        registry.counter("b_total", help: "Counts\nb.", labels: ["code": "ok", "action": "en\"c\\r\n"]).add(3)
        registry.gauge("a", help: "Measures a.").set(-7)
        let histogram = registry.histogram("c_seconds", help: "Times c.", bounds: [1_000_000, 2_500_000_000])
        histogram.observe(.milliseconds(1))
        histogram.observe(.seconds(2))
        histogram.observe(.seconds(4))
        registry.observe("d", help: "Computes d.") { [MetricSample(0.5, ["group": "2"]), MetricSample(.infinity)] }
        registry.observe("e", help: "Silent.") { [] }
        #expect(
            registry.exposition() == #"""
                # HELP a Measures a.
                # TYPE a gauge
                a -7
                # HELP b_total Counts\nb.
                # TYPE b_total counter
                b_total{action="en\"c\\r\n",code="ok"} 3
                # HELP c_seconds Times c.
                # TYPE c_seconds histogram
                c_seconds_bucket{le="0.001"} 1
                c_seconds_bucket{le="2.5"} 2
                c_seconds_bucket{le="+Inf"} 3
                c_seconds_sum 6.001
                c_seconds_count 3
                # HELP d Computes d.
                # TYPE d gauge
                d{group="2"} 0.5
                d +Inf

                """#)
    }

    @Test("Equal names and labels give the same metric whatever the order of the labels")
    func identity() {
        let registry = MetricsRegistry()
        registry.counter("x_total", help: "", labels: ["a": "1", "b": "2"]).add()
        registry.counter("x_total", help: "", labels: ["b": "2", "a": "1"]).add()
        registry.counter("x_total", help: "", labels: ["a": "1", "b": "3"]).add()
        #expect(registry.exposition().contains("x_total{a=\"1\",b=\"2\"} 2\n"))
        #expect(registry.exposition().contains("x_total{a=\"1\",b=\"3\"} 1\n"))
    }

    @Test("A name in use for another kind does not disturb the metric that has it")
    func kindConflict() {
        let registry = MetricsRegistry()
        registry.counter("x", help: "").add(5)
        registry.gauge("x", help: "").set(9)
        #expect(registry.exposition().hasSuffix("x 5\n"))
    }

    @Test("The process reports its memory, descriptors and version")
    func process() {
        let registry = MetricsRegistry()
        ProcessMetrics.register(in: registry, version: "1.2.3", node: "eu-west")
        let text = registry.exposition()
        #expect(text.contains("claviger_build_info{node=\"eu-west\",version=\"1.2.3\"} 1\n"))
        #expect((ProcessMetrics.residentBytes() ?? 0) > 1_000_000)
        #expect((ProcessMetrics.openDescriptors() ?? 0) >= 3)
    }
}
