/// Who takes part in a group. Every list is sorted and without duplicates.
///
/// While `votersOutgoing` is not empty the configuration is joint and every decision needs both majorities
/// (Ongaro's thesis, section 4.3).
package struct Membership: Hashable, Sendable {
    package var voters: [ReplicaID]
    package var learners: [ReplicaID]
    package var votersOutgoing: [ReplicaID]
    /// Voters of the outgoing half that become learners when the joint configuration is left.
    package var learnersNext: [ReplicaID]
    /// Whether the leader leaves the joint configuration by itself.
    package var autoLeave: Bool

    package init(
        voters: [ReplicaID] = [], learners: [ReplicaID] = [], votersOutgoing: [ReplicaID] = [],
        learnersNext: [ReplicaID] = [], autoLeave: Bool = false
    ) {
        self.voters = voters
        self.learners = learners
        self.votersOutgoing = votersOutgoing
        self.learnersNext = learnersNext
        self.autoLeave = autoLeave
    }
}

/// Where a snapshot stands in the log and who was a member there.
package struct SnapshotMetadata: Hashable, Sendable {
    package var position: LogPosition
    package var membership: Membership

    package init(position: LogPosition = .zero, membership: Membership = Membership()) {
        self.position = position
        self.membership = membership
    }
}

/// A state that replaces a prefix of the log. `data` is opaque: the node moves the rows itself, outside of consensus.
package struct Snapshot: Hashable, Sendable {
    package var metadata: SnapshotMetadata
    package var data: [UInt8]

    package init(metadata: SnapshotMetadata = SnapshotMetadata(), data: [UInt8] = []) {
        self.metadata = metadata
        self.data = data
    }

    package var isEmpty: Bool { metadata.position.index == .zero }
}
