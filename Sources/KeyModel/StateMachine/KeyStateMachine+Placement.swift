/// The second lock: whatever would put a replica or a wrap outside the placement is refused here, alike on every
/// replica.
extension KeyStateMachine {
    /// Most holders of one group, leaving room for a change of all of them.
    static let mostHolders = 32
    static let mostRegions = 256

    static func initialize<Table: KeyTable>(
        _ record: PlacementRecord, holders: [Holder], in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> CommandOutcome {
        if let present = table.placement() {
            guard present == record, table.holders() == holders.sorted(by: { $0.replica < $1.replica }) else {
                throw KMSError(.alreadyExists, "this group is tied to placement \(present.placement.name) already")
            }
            return .accepted
        }
        try check(record)
        guard (1...mostHolders).contains(holders.count) else {
            throw KMSError(.invalidRequest, "a group begins with 1 to \(mostHolders) holders")
        }
        for (position, holder) in holders.enumerated() {
            try check(holder, against: record, enforcement)
            if holders[..<position].contains(where: {
                $0.replica >> 16 == holder.replica >> 16 || $0.node == holder.node
            }) {
                throw KMSError(.invalidRequest, "node \(holder.node) is named twice as a holder")
            }
        }
        table.setPlacement(record)
        table.setFeatureLevel(1)
        for holder in holders { table.put(holder) }
        return .accepted
    }

    static func admit<Table: KeyTable>(
        _ holder: Holder, in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> CommandOutcome {
        let record = try placement(of: &table)
        try check(holder, against: record, enforcement)
        if let present = table.holder(holder.replica) {
            // The sealing key of a holder never changes: whoever could swap it would be given the epoch key.
            guard present == holder else {
                throw KMSError(.alreadyExists, "the replica is a holder with other properties")
            }
            return .accepted
        }
        let holders = table.holders()
        guard holders.count < mostHolders else {
            throw KMSError(.quotaExceeded, "a group has at most \(mostHolders) holders")
        }
        if holders.contains(where: { $0.replica >> 16 == holder.replica >> 16 && $0.replica > holder.replica }) {
            throw KMSError(.invalidRequest, "node \(holder.node) is a holder with a later incarnation")
        }
        table.put(holder)
        return .accepted
    }

    static func removeHolder<Table: KeyTable>(_ replica: UInt64, in table: inout Table) throws(KMSError)
        -> CommandOutcome
    {
        _ = try placement(of: &table)
        guard table.holder(replica) != nil else { return .accepted }
        guard table.holders().count > 1 else {
            throw KMSError(.invalidRequest, "the last holder cannot be removed: every key would be lost")
        }
        table.removeHolder(replica)
        return .accepted
    }

    static func update<Table: KeyTable>(_ record: PlacementRecord, in table: inout Table) throws(KMSError)
        -> CommandOutcome
    {
        let present = try placement(of: &table)
        if present == record { return .accepted }
        try check(record)
        guard record.placement.name == present.placement.name else {
            throw KMSError(.sovereigntyViolation, "this group belongs to placement \(present.placement.name)")
        }
        guard record.placement.allowedJurisdictions == present.placement.allowedJurisdictions else {
            throw KMSError(.sovereigntyViolation, "the jurisdictions of a placement never change")
        }
        guard record.placement.version > present.placement.version else {
            throw KMSError(.generationConflict, "the placement's version is \(present.placement.version) already")
        }
        for region in present.regions {
            guard let next = record.regions.first(where: { $0.name == region.name }) else {
                if table.holders().contains(where: { $0.region == region.name }) {
                    throw KMSError(.invalidRequest, "region \(region.name) has holders and cannot be left out")
                }
                continue
            }
            guard next.jurisdictions == region.jurisdictions else {
                throw KMSError(.sovereigntyViolation, "the jurisdictions of region \(region.name) never change")
            }
        }
        table.setPlacement(record)
        return .accepted
    }

    private static func check(_ record: PlacementRecord) throws(KMSError) {
        guard record.placement.version >= 1 else {
            throw KMSError(.invalidRequest, "a placement's version begins at 1")
        }
        if let problem = record.placement.problemsInItself().first { throw KMSError(.invalidRequest, problem) }
        guard (1...mostRegions).contains(record.regions.count) else {
            throw KMSError(.invalidRequest, "1 to \(mostRegions) regions are needed")
        }
        for region in record.regions {
            if let problem = region.problem { throw KMSError(.invalidRequest, problem) }
        }
        for (region, next) in zip(record.regions, record.regions.dropFirst())
        where NameRules.same(region.name, next.name) {
            throw KMSError(.invalidRequest, "region \(region.name) is named twice")
        }
    }

    private static func check(
        _ holder: Holder, against record: PlacementRecord, _ enforcement: PlacementEnforcement
    ) throws(KMSError) {
        guard NameRules.isName(holder.node), NameRules.isName(holder.region), ReplicaNumber.isLegal(holder.replica)
        else {
            throw KMSError(
                .invalidRequest, "a holder needs names of node and region, and a replica of node and incarnation from 1"
            )
        }
        if let problem = Jurisdictions.problem(holder.jurisdictions) {
            throw KMSError(.invalidRequest, "node \(holder.node): \(problem)")
        }
        guard (1...4096).contains(holder.sealingKey.count) else {
            throw KMSError(.invalidRequest, "a holder's sealing key has 1 to 4096 bytes")
        }
        guard let region = record.regions.first(where: { $0.name == holder.region }) else {
            throw KMSError(.sovereigntyViolation, "the region of node \(holder.node) is not known to the placement")
        }
        guard region.jurisdictions == holder.jurisdictions else {
            throw KMSError(.sovereigntyViolation, "node \(holder.node) claims other jurisdictions than its region has")
        }
        guard enforcement == .off || record.placement.permits(region: region) else {
            throw KMSError(.sovereigntyViolation, "region \(region.name) is outside placement \(record.placement.name)")
        }
    }
}

/// `node number << 16 | incarnation`, both from 1 to 65535.
package enum ReplicaNumber {
    /// Whether node number and incarnation both begin at 1.
    package static func isLegal(_ replica: UInt64) -> Bool {
        replica >> 32 == 0 && replica >> 16 != 0 && replica & 0xffff != 0
    }

    /// The replica id of a node's incarnation.
    package static func make(node: UInt16, incarnation: UInt16) -> UInt64 { UInt64(node) << 16 | UInt64(incarnation) }
    /// The node's number.
    package static func node(_ replica: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: replica >> 16) }
    /// The incarnation in a replica id.
    package static func incarnation(_ replica: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: replica) }
}
