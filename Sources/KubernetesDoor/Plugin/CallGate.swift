import Synchronization

/// Lets a bounded number of calls through at a time, the others in the order in which they came.
///
/// Thousands of calls at once would make each of them slow at the node, and slow calls are repeated at other nodes; in
/// front of the gate they wait without doing harm.
final class CallGate: Sendable {
    private struct State {
        var free: Int
        var queue: [Waiter<Void>] = []
        /// Where the queue begins: taking from the front of an array moves all the rest.
        var head = 0

        mutating func next() -> Waiter<Void>? {
            guard head < queue.count else {
                queue = []
                head = 0
                return nil
            }
            defer { head += 1 }
            if head > 1024, head * 2 > queue.count {
                queue.removeFirst(head)
                head = 0
            }
            return queue[head]
        }
    }

    private let state: Mutex<State>

    /// - Parameter width: calls that run at a time.
    init(width: Int) { state = Mutex(State(free: width)) }

    /// Runs `body` when it is this call's turn. Nil if the caller's task was cancelled before.
    func pass<Answer>(_ body: () async -> Answer) async -> Answer? {
        let waiter: Waiter<Void>? = state.withLock { state in
            guard state.free == 0 else {
                state.free -= 1
                return nil
            }
            let waiter = Waiter<Void>()
            state.queue.append(waiter)
            return waiter
        }
        if let waiter {
            guard await waiter.value() != nil else { return nil }
        }
        defer { leave() }
        return await body()
    }

    private func leave() {
        while true {
            let next = state.withLock { state in
                let next = state.next()
                if next == nil { state.free += 1 }
                return next
            }
            guard let next else { return }
            // Who was cancelled while waiting does not take its turn.
            if next.resume(()) { return }
        }
    }
}
