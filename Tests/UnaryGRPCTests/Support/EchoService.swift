import Dispatch
import NIOCore
import Synchronization
import UnaryGRPC

/// Answers in every way a service can.
final class EchoService: UnaryService {
    let methods = [
        "/test.Echo/Echo", "/test.Echo/Hold", "/test.Echo/Fail", "/test.Echo/Later", "/test.Echo/Who",
        "/test.Echo/RequestID",
    ]
    let cancelled = Atomic<Int>(0)
    let held = Atomic<Int>(0)
    let ticks = Atomic<Int>(0)
    let released = Mutex<[UnaryCall]>([])

    func prepare(_ loop: UnaryLoop) {
        loop.onTickComplete { self.ticks.add(1, ordering: .relaxed) }
    }

    func handle(_ call: UnaryCall) {
        switch call.methodIndex {
        case 0: call.respond(call.message)
        case 1:
            call.onCancel { self.cancelled.add(1, ordering: .relaxed) }
            released.withLock { $0.append(call) }
            held.add(1, ordering: .relaxed)
        case 2:
            call.fail(GRPCStatus(.failedPrecondition, "nö: 100%", metadata: ["claviger-code": "stale"]))
        case 3:
            DispatchQueue.global().async {
                var batch = UnaryReplyBatch()
                batch.respond(call, call.message)
                batch.send()
            }
        case 5: call.respond(ByteBuffer(string: call.requestID ?? "none"))
        default:
            call.respond(ByteBuffer(string: call.peer.identity ?? "uid \(call.peer.credentials?.uid ?? .max)"))
        }
    }

    func releaseAll() {
        let calls = released.withLock { calls in
            defer { calls = [] }
            return calls
        }
        for call in calls { call.respond(call.message) }
    }
}

/// Waits until a condition holds, at most ten seconds.
func eventually(_ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return await condition()
}
