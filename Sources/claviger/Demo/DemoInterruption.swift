import Glibc
import Synchronization

/// Turns SIGINT and SIGTERM into the end of the story, so that nothing the demo started outlives it.
struct DemoInterruption {
    /// What a signal handler may touch: one atomic word.
    private static let isAsked = Atomic<Bool>(false)

    init() {
        Self.isAsked.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in DemoInterruption.isAsked.store(true, ordering: .relaxed) }
        }
    }

    /// Runs the body; cancels it and throws when a signal came.
    func guardRun<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while !Self.isAsked.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(100)) }
                throw CommandFailure("interrupted")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw CommandFailure("interrupted") }
            return result
        }
    }
}
