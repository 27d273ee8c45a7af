import Synchronization

/// Work on nodes, done one after the other where it is about the same node: a start waits until an end that was asked
/// for before is over.
package final class NodeLine: Sendable {
    /// The last work on each node.
    private let last = Mutex<[String: Task<Void, Never>]>([:])

    package init() {}

    /// Waits for all earlier work on these nodes, then does this. Throws what the work throws.
    package func perform(on nodes: [String], _ body: @escaping @Sendable () async throws -> Void) async throws {
        let work = last.withLock { last in
            let before = nodes.compactMap { last[$0] }
            let work = Task {
                for task in before { await task.value }
                try await body()
            }
            let over = Task { _ = await work.result }
            for node in nodes { last[node] = over }
            return work
        }
        try await work.value
    }
}
