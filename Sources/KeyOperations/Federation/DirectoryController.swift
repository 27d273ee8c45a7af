package import Cluster
package import KeyModel
package import KeyReplication
package import Raft

/// This node's part in the directory: starts the cluster's record if nobody has, and keeps its own entry there.
package final class DirectoryController: Sendable {
    package static let group = GroupID(1)

    private let cluster: ClusterNode
    private let view: DirectoryView
    private let start: Start
    private let wallClock: @Sendable () -> Int64
    private let observe: @Sendable (String) -> Void

    /// What the topology file says of the beginning, and what this node says of itself.
    package struct Start: Sendable {
        package var clusterID: [UInt8]
        package var regions: [Region]
        package var operators: [String]
        package var node: DirectoryNode

        package init(clusterID: [UInt8], regions: [Region], operators: [String], node: DirectoryNode) {
            self.clusterID = clusterID
            self.regions = regions
            self.operators = operators
            self.node = node
        }
    }

    package init(
        cluster: ClusterNode, view: DirectoryView, start: Start, wallClock: @escaping @Sendable () -> Int64,
        observe: @escaping @Sendable (String) -> Void
    ) {
        self.cluster = cluster
        self.view = view
        self.start = start
        self.wallClock = wallClock
        self.observe = observe
    }

    /// Works until this node's entry is in the directory as it should be; then looks again now and then.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await register()
            } catch {
                observe("\(error)")
            }
            try? await Task.sleep(for: isRegistered ? .seconds(5) : .milliseconds(200))
        }
    }

    /// Whether the directory knows this node with its present store and key.
    package var isRegistered: Bool {
        guard let entry = view.state.node(start.node.number) else { return false }
        return entry.incarnation == start.node.incarnation && entry.storeID == start.node.storeID
            && entry.sealingKey == start.node.sealingKey
    }

    private func register() async throws(KMSError) {
        guard let gauge = cluster.gauge(of: Self.group), gauge.leader != .none else { return }
        if view.state.cluster == nil {
            guard gauge.isLeader else { return }
            try await propose(
                .bootstrap(
                    cluster: start.clusterID, regions: start.regions, nodes: [start.node], operators: start.operators))
        }
        guard !isRegistered, view.state.cluster != nil else { return }
        let isKnown = view.state.node(start.node.number) != nil
        try await propose(isKnown ? .renewNode(start.node) : .registerNode(start.node))
    }

    /// Proposes a directory command and returns its outcome; a refusal is thrown.
    @discardableResult
    package func propose(
        _ body: DirectoryCommand.Body, principal: String? = nil, deadline: ContinuousClock.Instant = .now + .seconds(5)
    ) async throws(KMSError) -> Written<DirectoryOutcome> {
        let header = CommandHeader(proposedAt: wallClock(), principal: principal ?? "node/\(start.node.name)")
        let payload = DirectoryCommandCodec.encode(DirectoryCommand(body, header: header))
        let applied = try await KeyService.submit(payload, to: Self.group, of: cluster, deadline: deadline)
        let outcome: DirectoryOutcome
        do {
            outcome = try OutcomeCodec.decodeDirectory(applied.outcome)
        } catch {
            throw KMSError(.internalError, "the directory's answer cannot be read", cause: error)
        }
        if let refusal = outcome.refusal { throw refusal }
        return Written(outcome, token: ConsistencyToken(group: Self.group.rawValue, index: applied.position.index.rawValue))
    }
}
