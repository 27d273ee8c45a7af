import Synchronization

/// Looks ten times a second who says of itself that it leads what, and tells what is new.
final class LeaderWatch: Sendable {
    private let desk: NodeDesk
    private let clock: StageClock
    private let seen = Mutex<Set<NodeDesk.Claim>>([])
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private static let interval = Duration.milliseconds(100)

    /// Begins at once.
    init(_ desk: NodeDesk, clock: StageClock) {
        self.desk = desk
        self.clock = clock
        // Each node by itself: one that does not answer keeps nobody else from being looked at.
        let watching = desk.names.map { node in Task { [self] in await watch(node) } }
        tasks.withLock { $0 = watching }
    }

    private func watch(_ node: String) async {
        while !Task.isCancelled {
            let next = ContinuousClock.now + Self.interval
            for claim in await desk.claims(of: node) ?? [] {
                let isNew = seen.withLock { $0.insert(claim).inserted }
                if isNew {
                    clock.tell(
                        .leader, "\(node) leads \(claim.group) in term \(claim.term)", nodes: [node],
                        group: claim.group, term: claim.term)
                }
            }
            try? await Task.sleep(until: next, clock: .continuous)
        }
    }

    /// Returns when nobody is asked any more.
    func stop() async {
        let watching = tasks.withLock { tasks in
            let taken = tasks
            tasks = []
            return taken
        }
        for task in watching { task.cancel() }
        for task in watching { await task.value }
    }
}
