import Histogram
import NIOCore

/// The result of one measurement, as it is printed.
struct Measurement: Encodable, Sendable {
    struct Latency: Encodable, Sendable {
        let p50: Double
        let p90: Double
        let p99: Double
        let p999: Double
        let max: Double
        let mean: Double
    }

    let subject: String
    let operation: String
    /// Connections x calls outstanding on each.
    let shape: String
    let loop: String
    /// Of an open loop, per second.
    let targetRate: Double?
    let seconds: Double
    let calls: Int
    let callsPerSecond: Double
    let itemsPerCall: Int
    let itemsPerSecond: Double
    /// From the call, or in an open loop from when the call was due, to its answer.
    let latencyMicroseconds: Latency
    let errors: [String: Int]
    let generatorMicrosecondsPerCall: Double
    /// CPU of the process that answered. Absent if its pid is not known.
    let serverMicrosecondsPerCall: Double?
    /// CPU of all processes of the federation or cluster.
    let allServersMicrosecondsPerCall: Double?

    init(
        subject: String, workload: any Workload, plan: LoadPlan, counts: Tally.Counts, used: LoadGenerator.Usage
    ) {
        self.subject = subject
        operation = workload.name
        shape = plan.shape.description
        loop = plan.rate == nil ? "closed" : "open"
        targetRate = plan.rate
        let seconds = Double(plan.duration.nanoseconds) / 1e9
        self.seconds = seconds
        calls = counts.calls
        callsPerSecond = (Double(counts.calls) / seconds).rounded(to: 1)
        itemsPerCall = workload.itemsPerCall
        itemsPerSecond = (Double(counts.calls * workload.itemsPerCall) / seconds).rounded(to: 1)
        let isEmpty = counts.calls == 0
        func at(_ percentile: Double) -> Double {
            isEmpty ? 0 : (Double(counts.latency.valueAtPercentile(percentile)) / 1000).rounded(to: 1)
        }
        latencyMicroseconds = Latency(
            p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: at(100),
            mean: isEmpty ? 0 : (counts.latency.mean / 1000).rounded(to: 1))
        errors = counts.errors
        func perCall(_ used: Double) -> Double { (used * 1e6 / Double(Swift.max(1, counts.calls))).rounded(to: 1) }
        generatorMicrosecondsPerCall = perCall(used.generator)
        serverMicrosecondsPerCall = used.server > 0 ? perCall(used.server) : nil
        allServersMicrosecondsPerCall = used.servers > 0 ? perCall(used.servers) : nil
    }

    static let titles = [
        "subject", "operation", "shape", "loop", "calls/s", "items/s", "p50 us", "p90", "p99", "p99.9", "max", "errors",
        "client us/call", "server", "all",
    ]

    var row: [String] {
        let latency = latencyMicroseconds
        let times = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map { "\(Int($0))" }
        let cost = [serverMicrosecondsPerCall, allServersMicrosecondsPerCall].map { $0.map { "\($0)" } ?? "-" }
        return [subject, operation, shape, loop, "\(Int(callsPerSecond))", "\(Int(itemsPerSecond))"] + times
            + ["\(errors.values.reduce(0, +))", "\(generatorMicrosecondsPerCall)"] + cost
    }
}
