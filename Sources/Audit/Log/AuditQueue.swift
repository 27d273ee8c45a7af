import Dispatch
import Synchronization

/// Batches on their way to the commit thread. Many threads put, one takes everything at once.
final class AuditQueue: Sendable {
    typealias Completion = @Sendable (Result<AuditHead, AuditError>) -> Void

    struct Batch: Sendable {
        var records: [AuditRecord]
        var completion: Completion
    }

    private struct State {
        var batches: [Batch] = []
        var records = 0
        var sleeping = false
        var closed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Records that wait.
    var count: Int { state.withLock { $0.records } }

    var isClosed: Bool { state.withLock { $0.closed } }

    /// Takes the batch, or says why not.
    func put(_ batch: Batch) -> AuditError? {
        let (refusal, mustWake) = state.withLock { state -> (AuditError?, Bool) in
            if state.closed { return (.closed, false) }
            // One batch always fits, however large: else it could never be taken.
            if state.records > 0, state.records + batch.records.count > limit {
                return (.overloaded(limit: limit), false)
            }
            state.batches.append(batch)
            state.records += batch.records.count
            defer { state.sleeping = false }
            return (nil, state.sleeping)
        }
        if mustWake { wake.signal() }
        return refusal
    }

    /// Everything that waits. Blocks while there is nothing, at most for `timeout` where one is given; empty then, and
    /// nil when the queue is closed and drained.
    func take(timeout: Duration?) -> [Batch]? {
        let deadline = timeout.map { DispatchTime.now() + .nanoseconds(Self.nanoseconds($0)) } ?? .distantFuture
        while true {
            let (batches, closed) = state.withLock { state -> ([Batch], Bool) in
                let batches = state.batches
                state.batches = []
                state.records = 0
                state.sleeping = batches.isEmpty && !state.closed
                return (batches, state.closed)
            }
            if !batches.isEmpty { return batches }
            if closed { return nil }
            if wake.wait(timeout: deadline) == .timedOut { return [] }
        }
    }

    /// Refuses further batches; what waits is still taken.
    func close() {
        state.withLock { $0.closed = true }
        wake.signal()
    }

    private static func nanoseconds(_ duration: Duration) -> Int {
        let parts = duration.components
        return Int(clamping: parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000)
    }
}
