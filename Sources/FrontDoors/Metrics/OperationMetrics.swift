import KeyModel
import KeyOperations
package import Telemetry

/// Counts and times of the calls of all doors, by operation and error code; never by key or tenant.
package final class OperationMetrics: Sendable {
    private struct Row: Sendable {
        let operations: Counter
        let duration: Histogram
        let errors: [Counter]
    }

    private let rows: [String: Row]

    package init(_ operations: [String], in registry: MetricsRegistry) {
        var rows: [String: Row] = [:]
        for operation in operations {
            let labels: MetricLabels = ["operation": operation]
            rows[operation] = Row(
                operations: registry.counter(MetricName.operations, help: "Calls by operation.", labels: labels),
                duration: registry.histogram(
                    MetricName.operationDuration, help: "Time from arrival to the decision, in seconds.", labels: labels
                ),
                errors: KMSError.Code.allCases.map { code in
                    registry.counter(
                        MetricName.errors, help: "Refused and failed calls by operation and code.",
                        labels: ["operation": operation, "code": code.rawValue])
                })
        }
        self.rows = rows
    }

    func record(_ operation: String, _ error: KMSError?, since start: UInt64) {
        guard let row = rows[operation] else { return }
        row.operations.add()
        row.duration.observe(nanoseconds: Int64(clamping: monotonicNow() &- start))
        guard let error, let place = KMSError.Code.allCases.firstIndex(of: error.code) else { return }
        row.errors[place].add()
    }
}
