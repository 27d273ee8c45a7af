/// Why a change cannot be made to a configuration.
package enum MembershipChangeError: Error, Hashable, Sendable {
    case alreadyJoint
    case noVotersToMakeJoint
    case notJoint
    case simpleChangeInJoint
    case moreThanOneVoterChanged
    case removedAllVoters
}

/// Works out the configuration after a change, with the progress of its replicas. After a throw its content is of no
/// use: change a copy.
package struct MembershipChanger {
    package private(set) var membership: Membership
    private(set) var progress: ProgressTable
    /// The last index of the log: where probing of a new replica begins.
    package var lastIndex: LogIndex

    /// A group without replicas.
    package init(limits: InflightLimits) {
        self.init(membership: Membership(), progress: ProgressTable(limits: limits), lastIndex: .zero)
    }

    init(membership: Membership, progress: ProgressTable, lastIndex: LogIndex) {
        self.membership = membership
        self.progress = progress
        self.lastIndex = lastIndex
    }

    /// What is known about each replica, by replica.
    package var progressStatus: [ProgressStatus] { progress.rows.map(ProgressStatus.init) }

    /// Makes whichever transition the change asks for.
    package mutating func apply(_ change: MembershipChange) throws(MembershipChangeError) {
        if change.leavesJoint {
            try leaveJoint()
        } else if let autoLeave = change.entersJointWithAutoLeave {
            try enterJoint(autoLeave: autoLeave, change.changes)
        } else {
            try simple(change.changes)
        }
    }

    /// Changes at most one voter (Ongaro's thesis, section 4.2).
    package mutating func simple(_ changes: [MembershipChange.Change]) throws(MembershipChangeError) {
        guard !membership.isJoint else { throw .simpleChangeInJoint }
        let before = membership.voters
        try make(changes)
        let after = membership.voters
        let changed = before.count { !after.contains($0) } + after.count { !before.contains($0) }
        guard changed <= 1 else { throw .moreThanOneVoterChanged }
    }

    /// Keeps the present voters as the outgoing half and makes the changes to the incoming one.
    package mutating func enterJoint(
        autoLeave: Bool, _ changes: [MembershipChange.Change]
    ) throws(MembershipChangeError) {
        guard !membership.isJoint else { throw .alreadyJoint }
        guard !membership.voters.isEmpty else { throw .noVotersToMakeJoint }
        membership.votersOutgoing = membership.voters
        try make(changes)
        membership.autoLeave = autoLeave
    }

    /// Drops the outgoing half; its demoted voters become learners now.
    package mutating func leaveJoint() throws(MembershipChangeError) {
        guard membership.isJoint else { throw .notJoint }
        for replica in membership.learnersNext {
            membership.learners.insertSorted(replica)
            setLearner(replica, true)
        }
        membership.learnersNext = []
        for replica in membership.votersOutgoing
        where !membership.voters.contains(replica) && !membership.learners.contains(replica) {
            progress.remove(replica)
        }
        membership.votersOutgoing = []
        membership.autoLeave = false
    }

    // MARK: Single steps

    private mutating func make(_ changes: [MembershipChange.Change]) throws(MembershipChangeError) {
        for change in changes where change.replica != .none {
            switch change.kind {
            case .addVoter: makeVoter(change.replica)
            case .addLearner: makeLearner(change.replica)
            case .removeReplica: remove(change.replica)
            case .updateReplica: break
            }
        }
        guard !membership.voters.isEmpty else { throw .removedAllVoters }
    }

    private mutating func makeVoter(_ replica: ReplicaID) {
        if progress.index(of: replica) == nil {
            progress.add(replica, isLearner: false, lastIndex: lastIndex)
        } else {
            setLearner(replica, false)
            membership.learners.removeSorted(replica)
            membership.learnersNext.removeSorted(replica)
        }
        membership.voters.insertSorted(replica)
    }

    /// A voter of the outgoing half becomes a learner only when the joint configuration is left: until then its vote
    /// counts there. Its progress is kept.
    private mutating func makeLearner(_ replica: ReplicaID) {
        guard let row = progress[replica] else {
            progress.add(replica, isLearner: true, lastIndex: lastIndex)
            membership.learners.insertSorted(replica)
            return
        }
        guard !row.isLearner else { return }
        remove(replica)
        if progress.index(of: replica) == nil { progress.insert(row) }
        if membership.votersOutgoing.contains(replica) {
            membership.learnersNext.insertSorted(replica)
        } else {
            setLearner(replica, true)
            membership.learners.insertSorted(replica)
        }
    }

    private mutating func remove(_ replica: ReplicaID) {
        membership.voters.removeSorted(replica)
        membership.learners.removeSorted(replica)
        membership.learnersNext.removeSorted(replica)
        if !membership.votersOutgoing.contains(replica) { progress.remove(replica) }
    }

    private mutating func setLearner(_ replica: ReplicaID, _ isLearner: Bool) {
        if let place = progress.index(of: replica) { progress.rows[place].isLearner = isLearner }
    }
}
