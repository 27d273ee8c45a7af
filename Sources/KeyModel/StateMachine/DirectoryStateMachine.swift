/// Applies the directory's commands. Pure, as `KeyStateMachine`. Every command may be repeated: the second time it
/// finds what it wanted and is accepted.
package enum DirectoryStateMachine {
    static let mostNodes = 1024
    static let mostRegions = 256
    static let mostPlacements = 256
    static let mostGroups = 1024

    package static func apply<Table: DirectoryTable>(
        _ command: DirectoryCommand, at position: (term: UInt64, index: UInt64), to table: inout Table,
        enforcement: PlacementEnforcement = .strict
    ) -> DirectoryOutcome {
        if let problem = command.header.problem { return .rejected(.invalidRequest, problem) }
        if var record = table.cluster(), record.clock < command.header.proposedAt {
            record.clock = command.header.proposedAt
            table.setCluster(record)
        }
        do {
            return try dispatch(command, in: &table, enforcement)
        } catch {
            return .rejected(error.code, error.message)
        }
    }

    private static func dispatch<Table: DirectoryTable>(
        _ command: DirectoryCommand, in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> DirectoryOutcome {
        if case .bootstrap(let cluster, let regions, let nodes, let operators) = command.body {
            let record = ClusterRecord(cluster: cluster, operators: operators, clock: command.header.proposedAt)
            return try bootstrap(record, regions: regions, nodes: nodes, in: &table)
        }
        guard let record = table.cluster() else {
            throw KMSError(.invalidKeyState, "the cluster has not been started yet")
        }
        switch command.body {
        case .bootstrap: return .accepted
        case .registerNode(let node): return try register(node, in: &table)
        case .renewNode(let node): return try renew(node, in: &table)
        case .putRegion(let region): return try put(region, in: &table)
        case .putPlacement(let placement): return try put(placement, in: &table)
        case .putGroup(let group): return try put(group, record: record, in: &table, enforcement)
        case .setGroupReplicas(let id, let replicas):
            return try setReplicas(replicas, group: id, in: &table, enforcement)
        case .removeNode(let number): return try removeNode(number, in: &table)
        }
    }

    private static func bootstrap<Table: DirectoryTable>(
        _ record: ClusterRecord, regions: [Region], nodes: [DirectoryNode], in table: inout Table
    ) throws(KMSError) -> DirectoryOutcome {
        if let present = table.cluster() {
            guard present.cluster == record.cluster else {
                throw KMSError(.alreadyExists, "another cluster was started here")
            }
            return .accepted
        }
        guard record.cluster.count == 16 else { throw KMSError(.invalidRequest, "a cluster id has 16 bytes") }
        guard (1...64).contains(record.operators.count) else {
            throw KMSError(.invalidRequest, "1 to 64 operators are needed")
        }
        for one in record.operators { _ = try PrincipalPattern(parsing: one) }
        guard (1...mostRegions).contains(regions.count), (1...mostNodes).contains(nodes.count) else {
            throw KMSError(.invalidRequest, "1 to \(mostRegions) regions and 1 to \(mostNodes) nodes are needed")
        }
        for (position, region) in regions.enumerated() {
            if let problem = region.problem { throw KMSError(.invalidRequest, problem) }
            guard !regions[..<position].contains(where: { $0.name == region.name }) else {
                throw KMSError(.invalidRequest, "region \(region.name) is named twice")
            }
        }
        for (position, node) in nodes.enumerated() {
            if let problem = node.problem { throw KMSError(.invalidRequest, problem) }
            guard regions.contains(where: { $0.name == node.region }) else {
                throw KMSError(.invalidRequest, "the region of node \(node.name) is not among the regions")
            }
            guard !nodes[..<position].contains(where: { $0.number == node.number || $0.name == node.name }) else {
                throw KMSError(.invalidRequest, "node \(node.name) or its number is named twice")
            }
        }
        table.setCluster(record)
        for region in regions { table.put(region) }
        for node in nodes { table.put(node) }
        return .accepted
    }

    private static func put<Table: DirectoryTable>(_ region: Region, in table: inout Table) throws(KMSError)
        -> DirectoryOutcome
    {
        if let problem = region.problem { throw KMSError(.invalidRequest, problem) }
        if let present = table.region(named: region.name) {
            // Groups were admitted under the old ones.
            guard present.jurisdictions == region.jurisdictions else {
                throw KMSError(.sovereigntyViolation, "the jurisdictions of region \(region.name) never change")
            }
        } else if table.regions().count >= mostRegions {
            throw KMSError(.quotaExceeded, "a cluster has at most \(mostRegions) regions")
        }
        table.put(region)
        return .accepted
    }

    private static func put<Table: DirectoryTable>(
        _ placement: Placement, in table: inout Table
    ) throws(KMSError) -> DirectoryOutcome {
        let candidates = DirectoryState(nodes: table.nodes()).candidates
        if let problem = placement.problems(regions: table.regions(), nodes: candidates).first {
            throw KMSError(.invalidRequest, "placement \(placement.name): \(problem)")
        }
        guard let present = table.placement(placement.name) else {
            guard table.placements().count < mostPlacements else {
                throw KMSError(.quotaExceeded, "a cluster has at most \(mostPlacements) placements")
            }
            var first = placement
            first.version = 1
            table.put(first)
            return .placement(first)
        }
        guard present.allowedJurisdictions == placement.allowedJurisdictions else {
            throw KMSError(.sovereigntyViolation, "the jurisdictions of placement \(placement.name) never change")
        }
        var next = placement
        next.version = present.version
        if next == present { return .placement(present) }
        let (version, isFull) = present.version.addingReportingOverflow(1)
        guard !isFull else { throw KMSError(.quotaExceeded, "the placement was changed too often") }
        next.version = version
        table.put(next)
        return .placement(next)
    }
}
