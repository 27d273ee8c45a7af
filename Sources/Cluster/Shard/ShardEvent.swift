import Peering
package import Raft
package import Storage
package import Wire

/// Everything that can happen to a shard. Completions are called on the shard's thread, after what they tell of is
/// done; they must not call back.
package enum ShardEvent {
    case frames([PeerFrame])
    case peerUp(ReplicaID)
    /// `died` when the connection was reset: the peer's process is gone.
    case peerDown(ReplicaID, died: Bool)
    case fact(key: [UInt8], value: [UInt8])
    /// How much may still be written from now on.
    case space(SpaceLevel)
    case createGroup(
        GroupSpecification, any ReplicatedStateMachine, @Sendable (Result<GroupGauge, ClusterError>) -> Void)
    case removeGroup(GroupID, @Sendable (ClusterError?) -> Void)
    case preferLeaders(GroupID, [ReplicaID])
    case propose(GroupID, [UInt8], deadline: UInt64, ProposalCompletion)
    case changeMembership(GroupID, MembershipChange, deadline: UInt64, ProposalCompletion)
    case read(GroupID, deadline: UInt64, ReadCompletion)
    case waitApplied(GroupID, LogIndex, deadline: UInt64, ReadCompletion)
    case transferLeadership(GroupID, to: ReplicaID?, @Sendable (ClusterError?) -> Void)
    case verifyDigests(GroupID, deadline: UInt64, ProposalCompletion)
    case snapshotSent(GroupID, to: ReplicaID, succeeded: Bool)
    case snapshotOffer(SnapshotOffer, @Sendable (Result<UInt64, ClusterError>) -> Void)
    case snapshotChunk(SnapshotOffer, SnapshotChunk, @Sendable (Result<UInt64, ClusterError>) -> Void)
    /// Hands every leadership away, also one that comes later, and takes none from a dead leader.
    case drain
    /// May lead again.
    case endDrain
    case status(@Sendable ([GroupStatus]) -> Void)
    /// Runs on the shard's thread between turns with the store; for tools and tests.
    case inspect(@Sendable (any NodeStore) -> Void)
}

/// What a turn leaves to be done outside: nothing in it may be skipped, order does not matter.
package struct ShardEffects {
    /// Answers that are due.
    package var completions: [@Sendable () -> Void] = []
    /// Snapshots that consensus wants sent.
    package var snapshots: [SnapshotDispatch] = []
    /// Lines for the log: changes of leader, halted groups.
    package var notices: [ShardNotice] = []
    /// Synced writes of entries that the turn waited for.
    package var syncs: UInt64 = 0
    package var isIdle: Bool { completions.isEmpty && snapshots.isEmpty && notices.isEmpty }
}

/// Something an operator wants to read.
package enum ShardNotice: Hashable, Sendable {
    case leaderChanged(GroupID, Term, ReplicaID)
    case halted(GroupID, String)
    case quarantined(GroupID, String)
    case snapshotInstalled(GroupID, LogPosition)
    case leaderDied(GroupID, ReplicaID)
    /// This node led, its synced writes take that long (nanoseconds), and another voter's do not.
    case steppedAside(GroupID, for: ReplicaID, sync: UInt64)
}

/// A snapshot on its way to a replica that needs it.
package struct SnapshotDispatch {
    package var offer: SnapshotOffer
    package var to: ReplicaID
    package var source: any SnapshotSource

    package init(offer: SnapshotOffer, to: ReplicaID, source: any SnapshotSource) {
        self.offer = offer
        self.to = to
        self.source = source
    }
}

/// Where a turn's frames and answers go. The first batch of a turn leaves before the disk is synced, the second after.
package protocol ShardOutbox {
    func send(_ frames: [PeerFrame], to replica: ReplicaID)
    /// Answers that are due while the turn has slower things to do. What is due at its end is in the turn's effects.
    func answer(_ completions: [@Sendable () -> Void])
}
