import NIOCore
import Raft

/// One call that waits for its answer. Finished exactly once.
// SAFETY: used on the network's event loop only.
final class PendingCall: @unchecked Sendable {
    typealias Answer = Result<[UInt8], PeeringError>

    let service: PeerService
    let body: [UInt8]
    /// The replica that must answer.
    var replica = ReplicaID.none
    private var continuation: CheckedContinuation<Answer, Never>?
    private var timer: Scheduled<Void>?
    /// Called once, before the caller goes on.
    var onFinish: (() -> Void)?

    init(
        service: PeerService, body: [UInt8], timeout: TimeAmount, on loop: any EventLoop,
        continuation: CheckedContinuation<Answer, Never>
    ) {
        self.service = service
        self.body = body
        self.continuation = continuation
        timer = loop.scheduleTask(in: timeout) { self.finish(.failure(.timedOut)) }
    }

    var isFinished: Bool { continuation == nil }

    func finish(_ answer: Answer) {
        guard let continuation else { return }
        self.continuation = nil
        timer?.cancel()
        timer = nil
        onFinish?()
        onFinish = nil
        continuation.resume(returning: answer)
    }
}

/// The calls sent on one connection, by id.
struct OutgoingCalls {
    private var pending: [UInt64: PendingCall] = [:]
    private var last: UInt64 = 0

    mutating func add(_ call: PendingCall) -> UInt64 {
        last &+= 1
        pending[last] = call
        return last
    }

    /// Takes a call out, so that it is finished outside of this value; nil when it has timed out.
    mutating func take(_ id: UInt64) -> PendingCall? { pending.removeValue(forKey: id) }

    mutating func takeAll() -> [PendingCall] {
        defer { pending = [:] }
        return Array(pending.values)
    }
}
