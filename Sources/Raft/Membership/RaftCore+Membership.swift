extension RaftCore {
    /// A configuration entry was applied: makes its change and returns the membership from now on.
    ///
    /// A change that the configuration does not allow leaves it as it is, the same on every replica.
    @discardableResult
    package mutating func applyMembership(_ change: MembershipChange) -> Membership {
        var changer = MembershipChanger(membership: membership, progress: progress, lastIndex: log.lastIndex)
        do {
            try changer.apply(change)
        } catch {
            return rejectMembership()
        }
        return adopt(changer.membership, changer.progress)
    }

    /// A configuration entry was applied and refused by the layer above: the configuration stays as it is, and the next
    /// change may be proposed once the entry counts as applied.
    @discardableResult
    package mutating func rejectMembership() -> Membership { adopt(membership, progress) }

    /// Takes over a configuration and does what follows from it.
    @discardableResult
    mutating func adopt(_ newMembership: Membership, _ newProgress: ProgressTable) -> Membership {
        membership = newMembership
        progress = newProgress
        guard role == .leader else { return membership }
        if progress[replica].map(\.isLearner) ?? true {
            if configuration.stepDownOnRemoval { becomeFollower(term: term, leader: .none) }
            return membership
        }
        if maybeCommit() {
            releasePostponedReads()
            broadcastAppend()
        } else {
            // New replicas need not wait for a heartbeat.
            for row in progress.rows.indices where progress.rows[row].replica != replica {
                sendAppend(row, evenIfEmpty: false)
            }
        }
        answerConfirmedReads()
        if !membership.allVoters.contains(leadTransferee) { leadTransferee = .none }
        return membership
    }
}
