import Glibc

/// Runs what blocks on a thread of its own, where it holds up no task and waits for no other such call.
enum BlockingCall {
    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// The result of `body`, when it has one.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let isStarted = start { continuation.resume(with: Swift.Result { try body() }) }
            if !isStarted { continuation.resume(throwing: ChaosError("threads", "no more can be made")) }
        }
    }

    /// Starts a thread that nobody waits for. Returns whether there is one.
    @discardableResult
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let argument = Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, argument.toOpaque())
        guard failure == 0 else {
            argument.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
