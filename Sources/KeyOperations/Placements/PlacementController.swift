import Cluster
package import KeyModel
import KeyReplication
import Raft

/// Makes this node's groups what the directory says they should be: creates replicas, ties a new group to its
/// placement, and as a leader brings members in and out, one group at a time, learner first.
package final class PlacementController: Sendable {
    private let service: KeyService
    private let observe: @Sendable (String) -> Void

    package init(service: KeyService, observe: @escaping @Sendable (String) -> Void) {
        self.service = service
        self.observe = observe
        service.cluster.guardGroups(by: PlacementGuard(directory: service.directory, region: service.region.name))
    }

    private var own: UInt64 { service.cluster.replica.rawValue }

    /// Works until cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await reconcile()
            } catch {
                observe("\(error)")
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// One look at the directory and one step towards it, for every group.
    package func reconcile() async throws(KMSError) {
        let state = service.directory.state
        for group in state.groups {
            guard let placement = state.placement(group.placement) else { continue }
            let preference = Self.preference(of: placement, replicas: group.replicas, in: state)
            if group.replicas.contains(own), service.placements[group.placement] == nil {
                try await hold(group, placement: placement, preference: preference, in: state)
            }
            guard let runtime = service.placements[group.placement] else { continue }
            service.cluster.preferLeaders(preference.map { ReplicaID($0) }, of: runtime.group)
            guard runtime.gauge.isLeader else { continue }
            try await lead(runtime, group: group, placement: placement, in: state)
        }
    }

    /// Fourth lock: a node makes no replica of a group that its own certified region does not allow, whatever it is
    /// told.
    private func hold(_ group: DirectoryGroup, placement: Placement, preference: [UInt64], in state: DirectoryState)
        async throws(KMSError)
    {
        guard SovereigntyLocks.receive.permits(region: service.region.name, placement: placement, in: state) else {
            throw KMSError(
                .sovereigntyViolation, "placement \(placement.name) may not be held in region \(service.region.name)")
        }
        let view = KeyView()
        let machine = KeyReplica(view: view, enforcement: SovereigntyLocks.apply.isOpened ? .off : .strict)
        // The first members begin together; who is told later begins empty and is brought in by the leader.
        let isFounder = group.version == 1
        let membership = Membership(voters: isFounder ? group.replicas.map { ReplicaID($0) }.sorted() : [])
        do {
            let specification = GroupSpecification(
                group: GroupID(group.id), membership: membership, label: Array(placement.name.rawValue.utf8),
                leaderPreference: preference.map { ReplicaID($0) })
            let gauge = try await service.cluster.createGroup(specification, machine: machine)
            service.placements.insert(
                PlacementRuntime(name: placement.name, group: GroupID(group.id), view: view, gauge: gauge))
        } catch {
            throw KMSError(.internalError, "a replica of placement \(placement.name) could not be made", cause: error)
        }
    }

    /// Replicas in the order in which they should lead: by the placement's preferred regions.
    package static func preference(of placement: Placement, replicas: [UInt64], in state: DirectoryState) -> [UInt64] {
        placement.leaderPreference.flatMap { region in
            replicas.filter { state.node(replica: $0)?.region == region }
        }
    }

    // MARK: The leader's part

    private func lead(
        _ runtime: PlacementRuntime, group: DirectoryGroup, placement: Placement, in state: DirectoryState
    )
        async throws(KMSError)
    {
        let holders = group.replicas.compactMap { Self.holder($0, in: state) }
        guard holders.count == group.replicas.count, holders.allSatisfy({ !$0.sealingKey.isEmpty }) else { return }
        guard let record = runtime.view.placement else {
            return try await propose(
                .initialize(placement: placement, regions: state.regions, holders: holders), at: runtime)
        }
        if record.placement.version < placement.version {
            try await propose(.updatePlacement(placement, regions: state.regions), at: runtime)
        }
        for holder in holders where !runtime.view.holders.contains(where: { $0.replica == holder.replica }) {
            try await propose(.admitHolder(holder), at: runtime)
        }
        try await changeMembers(of: runtime, to: group.replicas.map { ReplicaID($0) }.sorted())
    }

    /// One step towards the wanted members; the goodbye to former holders comes when all are there.
    private func changeMembers(of runtime: PlacementRuntime, to wanted: [ReplicaID]) async throws(KMSError) {
        let statuses = await service.cluster.statuses()
        guard let status = statuses.first(where: { $0.group == runtime.group }),
            let changes = MembershipPlan(voters: wanted).next(from: status)
        else { return }
        guard changes.isEmpty else { return try await change(changes, of: runtime) }
        for holder in runtime.view.holders where !wanted.contains(ReplicaID(holder.replica)) {
            try await propose(.removeHolder(replica: holder.replica), at: runtime)
        }
    }

    private func change(_ changes: [MembershipChange.Change], of runtime: PlacementRuntime) async throws(KMSError) {
        do {
            let isAdmitted = try await service.cluster.changeMembership(
                MembershipChange(changes: changes), of: runtime.group, timeout: .seconds(5))
            if !isAdmitted { observe("the group of placement \(runtime.name) did not admit a change of members") }
        } catch {
            throw KeyService.kmsError(error, wasProposed: true)
        }
    }

    private static func holder(_ replica: UInt64, in state: DirectoryState) -> Holder? {
        guard let node = state.node(replica: replica), let region = state.region(named: node.region) else { return nil }
        return Holder(
            replica: replica, node: node.name, region: node.region, jurisdictions: region.jurisdictions,
            sealingKey: node.sealingKey)
    }

    private func propose(_ body: KeyCommand.Body, at runtime: PlacementRuntime) async throws(KMSError) {
        _ = try await service.propose(
            body, at: runtime, principal: "node/\(service.node)",
            idempotency: try service.idempotency([], request: "placement".utf8), deadline: .now + .seconds(5))
    }
}
