extension DirectoryStateMachine {
    static func put<Table: DirectoryTable>(
        _ group: DirectoryGroup, record: ClusterRecord, in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> DirectoryOutcome {
        if let present = table.group(group.id) {
            guard present.placement == group.placement, present.replicas == group.replicas else {
                throw KMSError(.alreadyExists, "group \(group.id) is another one")
            }
            return .group(present)
        }
        guard group.id == record.nextGroup else {
            throw KMSError(.generationConflict, "the next group gets the id \(record.nextGroup)")
        }
        guard table.groups().count < mostGroups else {
            throw KMSError(.quotaExceeded, "a cluster has at most \(mostGroups) groups")
        }
        let placement = try check(group.replicas, placement: group.placement, in: &table, enforcement)
        guard group.replicas.count == placement.replicas else {
            throw KMSError(.invalidRequest, "placement \(placement.name) asks for \(placement.replicas) replicas")
        }
        let stored = DirectoryGroup(id: group.id, placement: group.placement, replicas: group.replicas)
        var next = record
        next.nextGroup = group.id + 1
        table.setCluster(next)
        table.put(stored)
        return .group(stored)
    }

    static func setReplicas<Table: DirectoryTable>(
        _ replicas: [UInt64], group id: UInt64, in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> DirectoryOutcome {
        guard var group = table.group(id) else { throw KMSError(.keyNotFound, "there is no group \(id)") }
        let sorted = replicas.sorted()
        if group.replicas == sorted { return .group(group) }
        _ = try check(sorted, placement: group.placement, in: &table, enforcement)
        let (version, isFull) = group.version.addingReportingOverflow(1)
        guard !isFull else { throw KMSError(.quotaExceeded, "the group was changed too often") }
        group.replicas = sorted
        group.version = version
        table.put(group)
        return .group(group)
    }

    /// Every replica must be a node's present incarnation, in a region that the placement permits.
    private static func check<Table: DirectoryTable>(
        _ replicas: [UInt64], placement name: PlacementName, in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> Placement {
        guard let placement = table.placement(name) else {
            throw KMSError(.keyNotFound, "there is no placement \(name)")
        }
        guard (1...KeyStateMachine.mostHolders).contains(replicas.count) else {
            throw KMSError(.invalidRequest, "a group has 1 to \(KeyStateMachine.mostHolders) replicas")
        }
        for (replica, next) in zip(replicas, replicas.dropFirst()) where replica >> 16 == next >> 16 {
            throw KMSError(.invalidRequest, "node \(ReplicaNumber.node(replica)) is named twice")
        }
        for replica in replicas {
            guard ReplicaNumber.isLegal(replica), let node = table.node(ReplicaNumber.node(replica)), !node.isRemoved,
                node.replica == replica
            else {
                throw KMSError(
                    .invalidRequest, "replica \(replica) is no node of this cluster, or a fenced incarnation")
            }
            guard enforcement == .off || table.region(named: node.region).map({ placement.permits(region: $0) }) == true
            else {
                throw KMSError(.sovereigntyViolation, "node \(node.name) is outside placement \(name)")
            }
        }
        return placement
    }
}
