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

/// Whether work that heeds no cancellation ends within half a minute. What does not is left behind.
func ends(_ work: @escaping @Sendable () async -> Void) async -> Bool {
    final class Ending: Sendable { let isThere = Atomic<Bool>(false) }
    let ending = Ending()
    Task {
        await work()
        ending.isThere.store(true, ordering: .relaxed)
    }
    return await eventually(within: .seconds(30)) { ending.isThere.load(ordering: .relaxed) }
}

/// Waits until a condition holds, at most ten seconds.
func eventually(within time: Duration = .seconds(10), _ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return await condition()
}
