import Synchronization
import Telemetry

/// The commit thread's own state: the open file, the head of the chain, and whether the disk takes records.
final class AuditCommitter {
    private let configuration: AuditConfiguration
    private let health: AuditHealth
    private var store: AuditStore
    /// Why nothing is taken at present. A fatal one stays.
    private var failure: AuditFailure?
    /// Records refused since the log began to fail: the first record after the recovery tells their number.
    private var refused: UInt64 = 0

    init(_ configuration: AuditConfiguration, health: AuditHealth) throws(AuditError) {
        self.configuration = configuration
        self.health = health
        do {
            self.store = try AuditStore(configuration)
        } catch {
            if let error = error as? AuditError { throw error }
            if case .fatal(let reason) = AuditFailure(error) {
                throw .damaged(path: configuration.directory, reason: reason)
            }
            throw AuditFailure(error).error
        }
        health.sequence.store(store.head.sequence, ordering: .relaxed)
    }

    /// Serves the queue until it is closed and drained.
    func run(_ queue: AuditQueue) {
        var lastProbe = MonotonicTime.now()
        while true {
            let isTroubled = failure != nil || health.wasSlow.load(ordering: .relaxed)
            guard let batches = queue.take(timeout: isTroubled ? configuration.probeInterval : nil) else { break }
            if !batches.isEmpty { commit(batches) }
            guard failure != nil else {
                // A commit has just shown how fast the disk is; without one, the disk is asked.
                if batches.isEmpty, health.wasSlow.load(ordering: .relaxed) { measure() }
                continue
            }
            let isDue = MonotonicTime.now() - lastProbe >= Self.nanoseconds(configuration.probeInterval)
            if isTroubled, batches.isEmpty || isDue {
                lastProbe = MonotonicTime.now()
                probe()
            }
        }
        store.close()
    }

    /// One transaction for everything that waited, then the completions.
    private func commit(_ batches: [AuditQueue.Batch]) {
        if let failure { return refuse(batches, failure.error) }
        let rows = store.rows(for: batches.lazy.map(\.records))
        guard write(rows) else { return refuse(batches, failure?.error ?? .unavailable("the commit failed")) }
        var position = 0
        var head = AuditHead(sequence: store.head.sequence - Int64(rows.count), hash: [])
        for batch in batches {
            position += batch.records.count
            if position > 0 { head = AuditHead(sequence: rows[position - 1].sequence, hash: rows[position - 1].hash) }
            batch.completion(.success(position > 0 ? head : store.head))
        }
        maintain()
    }

    private func refuse(_ batches: [AuditQueue.Batch], _ error: AuditError) {
        for batch in batches {
            refused += UInt64(batch.records.count)
            health.refused.add(UInt64(batch.records.count))
            batch.completion(.failure(error))
        }
    }

    /// Makes the rows durable. False where they are not, with `failure` set.
    private func write(_ rows: [AuditRow]) -> Bool {
        guard !rows.isEmpty else { return true }
        health.commitBegins()
        do {
            try requireSpace()
            try store.append(rows)
            health.commitEnded(records: rows.count, head: store.head)
            return true
        } catch {
            health.commitEnded(records: 0, head: nil)
            fail(AuditFailure(error))
            return false
        }
    }

    /// Moves the WAL into the file and begins the next file when it is time, after the replies have left.
    private func maintain() {
        do {
            try store.maintain()
        } catch {
            fail(AuditFailure(error))
        }
    }

    /// Makes a commit without a record, to see whether a slow disk is fast again. Nothing was refused, so there is
    /// nothing to tell in the chain.
    private func measure() {
        health.commitBegins()
        do {
            try store.touch()
            health.commitEnded(records: 0, head: store.head)
        } catch {
            health.commitEnded(records: 0, head: nil)
            return fail(AuditFailure(error))
        }
        maintain()
    }

    /// Tries whether the disk takes records again, by a record that tells how many were refused.
    private func probe() {
        if case .fatal = failure { return }
        do {
            try requireSpace()
            if failure != nil { try store.reopen() }
        } catch {
            return fail(AuditFailure(error))
        }
        var record = AuditRecord(
            time: Timestamp.now().nanoseconds, action: "audit.resume", decision: .allow, outcome: .done,
            node: configuration.node, region: configuration.region)
        record.effect = "\(refused) records were refused"
        failure = nil
        guard write(store.rows(for: CollectionOfOne([record]))) else { return }
        refused = 0
        health.isFailing.store(false, ordering: .relaxed)
    }

    private func fail(_ failure: AuditFailure) {
        self.failure = failure
        health.isFailing.store(true, ordering: .relaxed)
        if case .fatal(let reason) = failure {
            configuration.terminate("audit records cannot be made durable, the process ends: \(reason)")
        }
    }

    private func requireSpace() throws(AuditError) {
        guard let free = configuration.freeBytes(configuration.directory) else { return }
        health.freeBytes.store(free, ordering: .relaxed)
        if free < configuration.reserve { throw .noSpace }
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        return parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000
    }
}
