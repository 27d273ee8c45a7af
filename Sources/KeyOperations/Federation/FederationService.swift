import Audit
import Cluster
import KeyCrypto
package import KeyModel
import KeyReplication
package import Peering
import Raft
import Topology

/// The use cases of the cluster itself: what it is, what it should be, who leads, who leaves and who comes back.
package final class FederationService: Sendable {
    package let service: KeyService
    private let controller: DirectoryController
    private let network: any PeerNetwork
    private let hints: LeaderHints
    private let startDrain: @Sendable () -> Void
    /// This node's own.
    package let isolation: NodeIsolation

    package init(
        service: KeyService, controller: DirectoryController, network: any PeerNetwork, hints: LeaderHints,
        startDrain: @escaping @Sendable () -> Void, isolation: NodeIsolation
    ) {
        self.service = service
        self.controller = controller
        self.network = network
        self.hints = hints
        self.startDrain = startDrain
        self.isolation = isolation
    }

    package var directory: DirectoryState { service.directory.state }

    /// Whether a node is this one or connected to it.
    package func isReachable(_ node: DirectoryNode) -> Bool {
        node.name == service.node || network.isConnected(to: ReplicaID(node.replica))
    }

    // MARK: What is

    /// The groups that this node holds, as they are now.
    package func groups() async -> [GroupCondition] {
        let state = directory
        return await service.cluster.statuses().map { status in
            let placement =
                state.group(status.group.rawValue)?.placement.rawValue
                ?? (status.group == DirectoryController.group ? "" : "?")
            let matches = status.matches
            let replicas = (status.membership.voters + status.membership.learners).map { replica in
                GroupCondition.Member(
                    node: Self.name(of: replica.rawValue, in: state),
                    isVoter: status.membership.voters.contains(replica),
                    match: matches.first { $0.replica == replica }?.match.rawValue ?? 0)
            }
            let freshness = service.cluster.freshness(of: status.group)
            return GroupCondition(
                id: status.group.rawValue, placement: placement,
                leader: status.leader == .none ? "" : Self.name(of: status.leader.rawValue, in: state),
                term: status.term.rawValue,
                commit: status.commit.rawValue, applied: status.applied.rawValue, members: replicas,
                freshnessMilliseconds: freshness.map { UInt64(max(0, $0 / .milliseconds(1))) }, stopped: status.stopped)
        }
    }

    /// The leader of a group that this node does not hold, as its holders say; empty when nobody has said.
    package func foreignLeader(of group: UInt64) -> String {
        directory.node(replica: hints.leader(of: group))?.name ?? ""
    }

    private static func name(of replica: UInt64, in state: DirectoryState) -> String {
        state.node(replica: replica)?.name ?? "replica-\(replica >> 16).\(replica & 0xFFFF)"
    }

    /// Epoch keys in this node's own store, by placement.
    package func heldEpochs() -> [(placement: String, epochs: [UInt32])] {
        var result: [(placement: String, epochs: [UInt32])] = []
        for listing in service.materials.epochs.list() {
            if let place = result.firstIndex(where: { $0.placement == listing.id.placement }) {
                result[place].epochs.append(listing.id.epoch)
            } else {
                result.append((listing.id.placement, [listing.id.epoch]))
            }
        }
        return result
    }

    /// A node that has not joined yet, or was turned away, sends callers to the others.
    package func requireDirectory() throws(KMSError) {
        guard directory.cluster != nil else {
            throw KMSError(.stale, "node \(service.node) has not joined the federation yet")
        }
    }

    /// Reading the cluster is for operators and for whoever a policy of any placement allows it.
    package func authorizeRead(in context: RequestContext) throws(KMSError) {
        guard !context.principal.isEmpty else { throw KMSError(.unauthenticated, "a client certificate is needed") }
    }

    // MARK: What should be

    /// Compares a topology with the directory and, unless it is a rehearsal, brings the directory to it. Idempotent.
    package func apply(topology text: String, isRehearsal: Bool, in context: RequestContext) async throws(KMSError)
        -> [String]
    {
        try await service.audited(.applyTopology, in: context) { record in
            try self.authorize(.applyTopology, in: context, record: &record)
            let topology: FederationTopology
            do {
                topology = try FederationTopology.parse(text, source: "topology")
            } catch {
                throw KMSError(.invalidRequest, "\(error)")
            }
            _ = try? await self.service.cluster.barrier(DirectoryController.group, timeout: .seconds(2))
            let steps = try TopologySteps(from: self.directory, to: topology)
            record.effect = isRehearsal ? "rehearsal" : "\(steps.lines.count) changes"
            if !isRehearsal {
                for step in steps.commands(from: self.directory) {
                    _ = try await self.controller.propose(
                        step, principal: context.principal, deadline: context.deadline)
                }
                for placement in steps.newPlacements { try await self.found(placement, in: context) }
            }
            return steps.lines
        }
    }

    /// Gives a new placement its group, on the nodes that the topology names.
    private func found(_ placement: TopologySteps.NewPlacement, in context: RequestContext) async throws(KMSError) {
        for _ in 0..<5 {
            let state = directory
            guard state.groups(of: placement.name).isEmpty, let next = service.directory.nextGroup else { return }
            let replicas = placement.nodes.compactMap { state.node(named: $0)?.replica }
            guard replicas.count == placement.nodes.count else {
                throw KMSError(
                    .invalidKeyState,
                    "not all nodes of placement \(placement.name) have joined yet; apply again when they have")
            }
            do throws(KMSError) {
                let group = DirectoryGroup(id: next, placement: placement.name, replicas: replicas)
                _ = try await controller.propose(
                    .putGroup(group), principal: context.principal, deadline: context.deadline)
                return
            } catch {
                guard error.code == .generationConflict || error.code == .alreadyExists else { throw error }
            }
        }
    }

    // MARK: Leading, leaving, coming back

    /// Hands a group's leadership to a node, or to the best successor when the name is empty.
    package func transferLeadership(of group: UInt64, to node: String, in context: RequestContext)
        async throws(KMSError)
    {
        try await service.audited(.transferLeadership, in: context) { record in
            try self.authorize(.transferLeadership, in: context, record: &record)
            let target = try node.isEmpty ? nil : self.known(node).replica
            do throws(ClusterError) {
                try await self.service.cluster.transferLeadership(of: GroupID(group), to: target.map { ReplicaID($0) })
            } catch {
                throw KeyService.kmsError(error, wasProposed: false)
            }
        }
    }

    /// Hands this node's leaderships over and lets it finish; only the node itself can be asked.
    package func drain(_ node: String, in context: RequestContext) async throws(KMSError) {
        try await service.audited(.manageNodes, in: context) { record in
            try self.authorize(.manageNodes, in: context, record: &record)
            guard node == self.service.node else {
                throw KMSError(.invalidRequest, "ask node \(node) itself; this is \(self.service.node)")
            }
            self.startDrain()
        }
    }

    /// Takes this node out of service for so many seconds, 0: back into it; only the node itself can be asked.
    package func isolate(_ node: String, seconds: UInt32, in context: RequestContext) async throws(KMSError) {
        try await service.audited(.manageNodes, in: context) { record in
            try self.authorize(.manageNodes, in: context, record: &record)
            guard node == self.service.node else {
                throw KMSError(.invalidRequest, "ask node \(node) itself; this is \(self.service.node)")
            }
            guard seconds <= NodeIsolation.longestSeconds else {
                throw KMSError(.invalidRequest, "a node is isolated for at most \(NodeIsolation.longestSeconds) s")
            }
            record.effect = seconds == 0 ? "back in service" : "out of service for \(seconds) s"
            if seconds == 0 {
                self.isolation.end()
            } else {
                try await self.isolation.begin(seconds: seconds)
            }
        }
    }

    /// Readmits a node that lost its disk: fences the old incarnation and puts the next one into every group of the
    /// old.
    package func rejoin(_ name: String, in context: RequestContext) async throws(KMSError) -> String {
        try await service.audited(.manageNodes, in: context) { record in
            try self.authorize(.manageNodes, in: context, record: &record)
            _ = try? await self.service.cluster.barrier(DirectoryController.group, timeout: .seconds(2))
            let present = try self.known(name)
            guard !self.isReachable(present) else {
                throw KMSError(
                    .invalidKeyState,
                    "node \(name) is connected with the disk that the federation knows; "
                        + "only one that lost it can rejoin"
                )
            }
            let node = try await self.nextIncarnation(of: present, in: context)
            for group in self.directory.groups {
                let replicas = group.replicas.map { ReplicaNumber.node($0) == node.number ? node.replica : $0 }
                guard replicas != group.replicas else { continue }
                _ = try await self.controller.propose(
                    .setGroupReplicas(id: group.id, replicas: replicas), principal: context.principal,
                    deadline: context.deadline)
            }
            return "node \(name) may come back with an empty disk as incarnation \(node.incarnation)"
        }
    }

    /// A seat that was given and not taken yet is given again, so that the operator's command may be repeated.
    private func nextIncarnation(of present: DirectoryNode, in context: RequestContext) async throws(KMSError)
        -> DirectoryNode
    {
        if present.incarnation > 1, present.sealingKey.isEmpty { return present }
        guard present.incarnation < .max else {
            throw KMSError(.quotaExceeded, "node \(present.name) was replaced too often")
        }
        var node = present
        node.incarnation += 1
        do {
            node.storeID = try service.random(16)
        } catch {
            throw KMSError(.internalError, "no random bytes could be drawn", cause: error)
        }
        node.sealingKey = []
        _ = try await controller.propose(.renewNode(node), principal: context.principal, deadline: context.deadline)
        return node
    }

    private func known(_ name: String) throws(KMSError) -> DirectoryNode {
        guard let node = directory.node(named: name) else { throw KMSError(.keyNotFound, "there is no node \(name)") }
        return node
    }

    private func authorize(_ action: Action, in context: RequestContext, record: inout AuditRecord) throws(KMSError) {
        try requireDirectory()
        guard service.isOperator(context.principal, may: action) else {
            throw KMSError(.permissionDenied, "this caller may not do this")
        }
        record.decision = .allow
        record.rules = ["operator"]
    }
}

/// One group as a node sees it.
package struct GroupCondition: Hashable, Sendable {
    /// One member of a group.
    package struct Member: Hashable, Sendable {
        package var node: String
        package var isVoter: Bool
        /// Only the leader knows it; else zero.
        package var match: UInt64
    }

    package var id: UInt64
    /// Empty for the directory.
    package var placement: String
    package var leader: String
    package var term: UInt64
    package var commit: UInt64
    package var applied: UInt64
    package var members: [Member]
    package var freshnessMilliseconds: UInt64?
    package var stopped: String?
}
