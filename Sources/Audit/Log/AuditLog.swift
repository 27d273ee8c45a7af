import Dispatch
import Synchronization
package import Telemetry

/// The durable, chained record of every call of a node.
///
/// No reply may leave before its record is durable: hand the records of one turn to `append` and send the replies from
/// its completion. One thread takes everything that waits and commits it in one transaction; nothing lingers to grow a
/// batch. While the disk refuses, batches fail at once, and the log tries again by itself.
package final class AuditLog: Sendable {
    private let queue: AuditQueue
    private let health: AuditHealth
    private let finished = DispatchSemaphore(value: 0)

    /// Opens or makes the log, checks the newest file and the end of its chain, and starts the commit thread.
    /// Blocks on the disk; not for an event loop.
    /// - Parameters:
    ///   - configuration: where and how.
    ///   - metrics: gets the backlog, commit times and counts.
    package init(_ configuration: AuditConfiguration, metrics: MetricsRegistry = MetricsRegistry()) throws(AuditError) {
        let queue = AuditQueue(limit: configuration.backlogLimit)
        let health = AuditHealth(slow: configuration.slowCommit, metrics: metrics)
        self.queue = queue
        self.health = health
        let opened = DispatchSemaphore(value: 0)
        let opening = AuditOpening()
        let finished = finished
        let started = CommitThread.start {
            // The committer is made, used and dropped on this thread.
            do throws(AuditError) {
                let committer = try AuditCommitter(configuration, health: health)
                opened.signal()
                committer.run(queue)
            } catch {
                opening.failure.withLock { $0 = error }
                opened.signal()
            }
            finished.signal()
        }
        guard started else { throw .unavailable("no thread for the commits") }
        opened.wait()
        if let error = opening.failure.withLock({ $0 }) { throw error }
        observe(metrics)
    }

    deinit { queue.close() }

    /// Hands over the records of one turn of an event loop, in order. Never blocks on the disk.
    ///
    /// The completion runs once: on the commit thread when all records are durable (with the position of the last one)
    /// or none may be answered; on the calling thread, before `append` returns, where the batch is not even taken. It
    /// must only pass the news on. A batch that failed may still be found on disk later; none that succeeded is ever
    /// missing.
    package func append(
        batch: [AuditRecord], completion: @escaping @Sendable (Result<AuditHead, AuditError>) -> Void
    ) {
        let count = batch.count
        guard let refusal = queue.put(AuditQueue.Batch(records: batch, completion: completion)) else { return }
        health.refused.add(UInt64(count))
        completion(.failure(refusal))
    }

    /// Appends records and waits until they are durable. For callers outside of the hot path.
    package func append(_ records: [AuditRecord]) async throws(AuditError) -> AuditHead {
        let result = await withCheckedContinuation { continuation in
            append(batch: records) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// True while the log fails or is slow: the node should shed load and let others answer.
    package var isDegraded: Bool { health.isDegraded }

    /// The state of the log now.
    package var statistics: AuditStatistics {
        AuditStatistics(
            backlog: queue.count, committed: health.records.value, refused: health.refused.value,
            sequence: health.sequence.load(ordering: .relaxed),
            lastCommitNanoseconds: health.lastCommit.load(ordering: .relaxed),
            isFailing: health.isFailing.load(ordering: .relaxed), isDegraded: health.isDegraded)
    }

    /// Refuses further batches, commits what waits, and closes the files. Blocks until that is done; may be called
    /// again.
    package func close() {
        queue.close()
        finished.wait()
        finished.signal()
    }

    private func observe(_ metrics: MetricsRegistry) {
        let (queue, health) = (queue, health)
        metrics.observe(MetricName.auditBacklog, help: "Audit records that wait for their commit.") {
            [MetricSample(Double(queue.count))]
        }
        metrics.observe(MetricName.auditDegraded, help: "1 while the audit is slow or refuses.") {
            [MetricSample(health.isDegraded ? 1 : 0)]
        }
        metrics.observe(MetricName.auditSequence, help: "The last durable audit record.") {
            [MetricSample(Double(health.sequence.load(ordering: .relaxed)))]
        }
        metrics.observe(MetricName.auditFree, help: "Free bytes of the disk under the audit.") {
            [MetricSample(Double(health.freeBytes.load(ordering: .relaxed)))]
        }
    }
}

/// Brings an opening's failure from the commit thread to the opener.
private final class AuditOpening: Sendable {
    let failure = Mutex<AuditError?>(nil)
}
