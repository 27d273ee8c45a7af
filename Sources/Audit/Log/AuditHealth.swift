import Synchronization
import Telemetry

/// What the commit thread lets others see; read from any thread.
final class AuditHealth: Sendable {
    /// When the running commit began (`MonotonicTime`), zero between commits.
    let commitStarted = Atomic<Int64>(0)
    let lastCommit = Atomic<Int64>(0)
    let wasSlow = Atomic<Bool>(false)
    let isFailing = Atomic<Bool>(false)
    let sequence = Atomic<Int64>(0)
    let freeBytes = Atomic<UInt64>(0)
    let commits: Histogram
    let records: Counter
    let refused: Counter
    private let slow: Int64

    init(slow: Duration, metrics: MetricsRegistry) {
        let parts = slow.components
        self.slow = parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000
        self.commits = metrics.histogram(
            MetricName.auditCommitDuration, help: "Time of one group commit, fsync included.")
        self.records = metrics.counter(MetricName.auditRecords, help: "Audit records made durable.")
        self.refused = metrics.counter(MetricName.auditRefused, help: "Audit records refused.")
    }

    /// Failing, or slow at the last commit, or in a commit that is already slow.
    var isDegraded: Bool {
        if isFailing.load(ordering: .relaxed) || wasSlow.load(ordering: .relaxed) { return true }
        let started = commitStarted.load(ordering: .relaxed)
        return started != 0 && MonotonicTime.now() - started > slow
    }

    func commitBegins() { commitStarted.store(MonotonicTime.now(), ordering: .relaxed) }

    /// Ends the measurement; only a commit that made `count` records durable is counted.
    func commitEnded(records count: Int, head: AuditHead?) {
        let duration = MonotonicTime.now() - commitStarted.exchange(0, ordering: .relaxed)
        guard let head else { return }
        lastCommit.store(duration, ordering: .relaxed)
        wasSlow.store(duration > slow, ordering: .relaxed)
        sequence.store(head.sequence, ordering: .relaxed)
        commits.observe(nanoseconds: duration)
        records.add(UInt64(count))
    }
}

/// The state of a log at one moment.
package struct AuditStatistics: Hashable, Sendable {
    /// Records that wait for their commit.
    package var backlog: Int
    /// Records made durable and refused since the log was opened.
    package var committed: UInt64
    package var refused: UInt64
    /// The last durable sequence.
    package var sequence: Int64
    /// Duration of the last commit in nanoseconds; zero before the first.
    package var lastCommitNanoseconds: Int64
    /// Nothing is taken at present.
    package var isFailing: Bool
    /// Failing or slow: the node should shed load and let others answer.
    package var isDegraded: Bool
}
