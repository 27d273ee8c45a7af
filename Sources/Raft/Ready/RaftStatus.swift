/// What a leader knows about one replica.
package struct ProgressStatus: Hashable, Sendable {
    package var replica: ReplicaID
    package var match: LogIndex
    package var next: LogIndex
    package var state: ReplicationState
    package var recentActive: Bool
    package var isLearner: Bool
    package var isPaused: Bool
    /// Zero when none is under way.
    package var pendingSnapshot: LogIndex
    package var inflightMessages: Int
    package var inflightIsFull: Bool

    init(_ progress: Progress) {
        replica = progress.replica
        match = progress.match
        next = progress.next
        state = progress.state
        recentActive = progress.recentActive
        isLearner = progress.isLearner
        isPaused = progress.isPaused
        pendingSnapshot = progress.pendingSnapshot
        inflightMessages = progress.inflights.count
        inflightIsFull = progress.inflights.isFull
    }
}

/// One replica's view of its group.
package struct RaftStatus: Hashable, Sendable {
    package var replica: ReplicaID
    package var role: Role
    package var term: Term
    package var vote: ReplicaID
    /// `none` when unknown.
    package var leader: ReplicaID
    package var commit: LogIndex
    package var applied: LogIndex
    package var lastIndex: LogIndex
    package var membership: Membership
    /// By replica; empty unless this one leads.
    package var progress: [ProgressStatus]
    /// Whom leadership is being handed to, or `none`.
    package var leadTransferee: ReplicaID
}

extension RaftCore {
    /// A copy of everything worth knowing. The properties of the core are cheaper for single facts.
    package var status: RaftStatus {
        RaftStatus(
            replica: replica, role: role, term: term, vote: vote, leader: leader, commit: log.committed,
            applied: log.applied, lastIndex: log.lastIndex, membership: membership,
            progress: progressStatus, leadTransferee: leadTransferee)
    }

    /// What this leader knows about the group's replicas, by replica; empty unless it leads.
    package var progressStatus: [ProgressStatus] { role == .leader ? progress.rows.map(ProgressStatus.init) : [] }
}
