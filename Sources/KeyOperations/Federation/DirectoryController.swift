package import Cluster
package import KeyModel
package import KeyReplication
package import Raft

/// This node's part in the directory: starts the cluster's record if nobody has, keeps its own entry there, and as the
/// leader brings in the next incarnations of nodes that lost their disks.
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
                try await reconcileMembers()
            } catch {
                observe("\(error)")
            }
            try? await Task.sleep(for: isRegistered ? .milliseconds(500) : .milliseconds(200))
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

    // MARK: The leader's part

    /// Puts each node's present incarnation into the directory's group in the role of the one before. A new incarnation
    /// votes only after it has registered its key: until then its seat may be given again, and it must not have
    /// promised anything.
    private func reconcileMembers() async throws(KMSError) {
        guard let gauge = cluster.gauge(of: Self.group), gauge.isLeader, view.state.cluster != nil else { return }
        let statuses = await cluster.statuses()
        guard let status = statuses.first(where: { $0.group == Self.group }) else { return }
        guard let changes = Self.plan(for: status.membership, in: view.state).next(from: status), !changes.isEmpty
        else { return }
        do {
            let isAdmitted = try await cluster.changeMembership(
                MembershipChange(changes: changes), of: Self.group, timeout: .seconds(5))
            if !isAdmitted { observe("the directory did not admit a change of its members") }
        } catch {
            throw KeyService.kmsError(error, wasProposed: true)
        }
    }

    /// Members whose node the directory does not know yet stay as they are.
    static func plan(for members: Membership, in state: DirectoryState) -> MembershipPlan {
        let present = { (replica: ReplicaID) -> ReplicaID? in
            guard let node = state.node(UInt16(truncatingIfNeeded: replica.rawValue >> 16)) else { return replica }
            return node.isRemoved ? nil : ReplicaID(node.replica)
        }
        let voters = Set(members.voters.compactMap(present)).sorted()
        let learners = Set(members.learners.compactMap(present)).subtracting(voters).sorted()
        let waiting = voters.filter { replica in state.node(replica: replica.rawValue)?.sealingKey.isEmpty ?? false }
        return MembershipPlan(voters: voters, learners: learners, waiting: waiting)
    }

    /// Proposes a directory command and returns its outcome; a refusal is thrown.
    @discardableResult
    package func propose(
        _ body: DirectoryCommand.Body, principal: String? = nil, deadline: ContinuousClock.Instant = .now + .seconds(5)
    ) async throws(KMSError) -> Written<DirectoryOutcome> {
        let header = CommandHeader(proposedAt: wallClock(), principal: principal ?? "node/\(start.node.name)")
        let payload = DirectoryCommandCodec.encode(DirectoryCommand(body, header: header))
        let applied = try await KeyService.submit(payload, to: Self.group, of: cluster, deadline: deadline)
        guard let outcome = applied.outcome as? DirectoryOutcome else {
            throw KMSError(.internalError, "the directory had an outcome of another kind")
        }
        if let refusal = outcome.refusal { throw refusal }
        return Written(
            outcome, token: ConsistencyToken(group: Self.group.rawValue, index: applied.position.index.rawValue))
    }
}
