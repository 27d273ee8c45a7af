import Synchronization

/// Lets equal requests that come at the same time share one piece of work: an API server that starts asks for each seed
/// many times, and a rotation is noticed by many calls at once.
package final class SharedFlights<Request: Hashable & Sendable, Answer: Sendable>: Sendable {
    private let waiting = Mutex<[Request: [Waiter<Answer>]]>([:])

    package init() {}

    /// Callers that wait for the work of others.
    package var waitingCount: Int { waiting.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// Runs `body` unless an equal request is under way, whose answer is then taken if `isShared`; where it is not, the
    /// next caller tries within its own time. Nil if the caller's task was cancelled while it waited.
    package func share(
        _ request: Request, isShared: (Answer) -> Bool, _ body: () async -> Answer
    ) async -> Answer? {
        while let waiter = join(request) {
            guard let answer = await waiter.value() else {
                waiting.withLock { $0[request]?.removeAll { $0 === waiter } }
                return nil
            }
            if isShared(answer) { return answer }
        }
        let answer = await body()
        let waiters = waiting.withLock { $0.removeValue(forKey: request) ?? [] }
        for waiter in waiters { _ = waiter.resume(answer) }
        return answer
    }

    /// Nil for the first caller, who then owes the others an answer.
    private func join(_ request: Request) -> Waiter<Answer>? {
        waiting.withLock { waiting in
            guard waiting[request] != nil else {
                waiting[request] = []
                return nil
            }
            let waiter = Waiter<Answer>()
            waiting[request]?.append(waiter)
            return waiter
        }
    }
}
