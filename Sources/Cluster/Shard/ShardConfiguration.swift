package import Raft

/// The numbers a shard runs by. Times are nanoseconds of a monotonic clock that counts through suspend.
package struct ShardConfiguration: Sendable {
    package var replica: ReplicaID
    /// Length of a tick. Elections are drawn in ticks, so it is also the step of the randomised timeout.
    package var tick: UInt64 = 10_000_000
    package var heartbeatTicks = 10
    package var electionTicks = 100
    package var seed: UInt64
    /// Random per process start.
    package var session: UInt64
    /// How often a replica has its state confirmed by a quorum while nobody else asks.
    package var freshnessInterval: UInt64 = 500_000_000
    /// While reads wait for the answer to a round, another round is begun each time this has passed: an answer may have
    /// been lost.
    package var readRetry: UInt64 = 200_000_000
    /// Rounds under way at once, of one group. When there are as many, and none was answered, the oldest is given up.
    package var mostReadRounds = 16
    package var maxEntryBytes = 64 * 1024
    package var maxPendingProposals = 16 * 1024
    /// Limit of the entries in one append, in bytes. One entry always passes.
    package var maxAppendBytes: UInt64 = 1 << 20
    /// Appends under way to one follower.
    package var maxInflightAppends = 256
    /// Limit of the entries that are applied at once, in bytes. One entry always passes.
    package var maxApplyBytes: UInt64 = 4 << 20
    /// Entries kept behind the applied index for replicas that lag a little.
    package var logTrail: UInt64 = 5_000
    /// The log is compacted when it exceeds the trail by this many entries.
    package var compactionStep: UInt64 = 5_000
    /// The log of a leader may exceed the trail by this many steps while a replica that answers still needs it.
    package var patientSteps: UInt64 = 10
    /// A preferred replica must have been caught up this long before leadership is handed to it.
    package var preferenceHysteresis: UInt64 = 30_000_000_000
    /// A node that was found to have a slow disk takes no leadership until its disk was quick for this long.
    package var quickBeforeLeading: UInt64 = 30_000_000_000
    /// The least time between two transfers of a group that this node gives away for its slow disk: where all disks are
    /// slow, leadership must not go round.
    package var standAsidePause: UInt64 = 60_000_000_000
    /// How long a replica is not handed leadership again after it did not take it: a node that restarts is back by
    /// then, and a leader that had better not lead cannot wait for longer.
    package var unwillingPause: UInt64 = 60_000_000_000
    /// A replica that is only preferred is let alone for twice as long each time, up to this. A drill lasts an hour at
    /// most and a full disk may stay full for a night; the quarter of an hour for which a node that is well again may
    /// not lead costs writers a longer way and nothing else.
    package var longestUnwillingPause: UInt64 = 900_000_000_000
    /// After a leader's process died: the pause before each further follower stands for election.
    package var crashStagger: UInt64 = 40_000_000
    /// Applied entries between two comparisons of the replicas' digests.
    package var digestInterval: UInt64 = 4_096

    /// From here on a synced write is slow, in nanoseconds: an eighth of the time in which an election would be over.
    package var slowSync: UInt64 { max(50_000_000, tick * UInt64(electionTicks) / 8) }

    package init(replica: ReplicaID, seed: UInt64, session: UInt64) {
        self.replica = replica
        self.seed = seed
        self.session = session
    }
}

/// What makes a group on this node.
package struct GroupSpecification: Hashable, Sendable {
    package var group: GroupID
    package var membership: Membership
    /// Opaque; stored with the group and handed back at the next start.
    package var label: [UInt8]
    /// Replicas that should lead, best first.
    package var leaderPreference: [ReplicaID]

    package init(group: GroupID, membership: Membership, label: [UInt8] = [], leaderPreference: [ReplicaID] = []) {
        self.group = group
        self.membership = membership
        self.label = label
        self.leaderPreference = leaderPreference
    }

    /// Where the log of a new group begins: the same on every first member, as if from one empty snapshot.
    package static let origin = LogPosition(term: Term(1), index: LogIndex(1))

    /// A replica that knows no members begins before the origin, where no leader's log reaches: only a snapshot, which
    /// tells the members, can bring it in.
    var start: LogPosition { membership == Membership() ? .zero : Self.origin }
}
