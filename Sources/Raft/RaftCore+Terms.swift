extension RaftCore {
    /// Handles a message from anywhere: first what its term means, then its content.
    mutating func process(_ message: Message) throws(StepRejection) {
        if message.reject { learnCommit(from: message) }
        if message.term > term {
            guard adoptTerm(of: message) else { return }
        } else if message.term < term, message.term != .zero {
            return answerOldTerm(message)
        }
        switch message.kind {
        case .vote, .preVote: handleVoteRequest(message)
        case .storageAppendResponse: handleAppended(message)
        case .storageApplyResponse: try handleApplied(message)
        case .propose: try forwardedProposal(message)
        default:
            switch role {
            case .leader: try stepLeader(message)
            case .candidate, .preCandidate: try stepCandidate(message)
            case .follower: try stepFollower(message)
            }
        }
    }

    private mutating func forwardedProposal(_ message: Message) throws(StepRejection) {
        do { try propose(message.entries, from: message.from) } catch { throw .proposal(error) }
    }

    /// A higher term makes a follower of this replica, with exceptions. False when the message is to be ignored.
    private mutating func adoptTerm(of message: Message) -> Bool {
        switch message.kind {
        case .vote, .preVote:
            // Within the lease of a live leader an election is a disturbance (Ongaro's thesis, section 4.2.3).
            let inLease = configuration.checkQuorum && leader != .none && electionElapsed < configuration.electionTicks
            if inLease, message.context != Message.transferContext { return false }
            // A pre-vote changes nobody's term.
            if message.kind == .vote { becomeFollower(term: message.term, leader: .none) }
        case .preVoteResponse where !message.reject:
            // It carries the term this replica asked for, which it takes only when it has a quorum.
            break
        case .append, .heartbeat, .snapshot:
            becomeFollower(term: message.term, leader: message.from)
        default:
            becomeFollower(term: message.term, leader: .none)
        }
        return true
    }

    private mutating func answerOldTerm(_ message: Message) {
        switch message.kind {
        case .heartbeat, .append:
            // With pre-vote or check-quorum this replica's higher term is not spread by elections. Its answer makes the
            // old leader step down, so that a replica that came back from a partition with a higher term is not stuck.
            if configuration.checkQuorum || configuration.preVote {
                send(Message(kind: .appendResponse, to: message.from))
            }
        case .preVote:
            // Silence could leave a group of old and new candidates without a leader.
            send(refusal(.preVoteResponse, to: message.from))
        case .storageAppendResponse:
            // Entries of an older term may have been replaced meanwhile. A snapshot is committed state in any term.
            if let snapshot = message.snapshot { appliedSnapshot(snapshot) }
        default: break
        }
    }

    /// Answers a request for a vote or pre-vote.
    private mutating func handleVoteRequest(_ message: Message) {
        let isPreVote = message.kind == .preVote
        let answer: MessageKind = isPreVote ? .preVoteResponse : .voteResponse
        let canVote =
            vote == message.from || (vote == .none && leader == .none) || (isPreVote && message.term > term)
        // A learner votes too: it may have been promoted without knowing it yet.
        guard canVote, log.isUpToDate(LogPosition(term: message.logTerm, index: message.index)) else {
            return send(refusal(answer, to: message.from))
        }
        // The request's term, not ours: the candidate ignores what is older than it.
        send(Message(kind: answer, to: message.from, term: message.term))
        if !isPreVote {
            electionElapsed = 0
            vote = message.from
        }
    }

    // MARK: What a refused candidate learns

    /// A replica that has applied its own removal or demotion can win no election, and where its log is longer it votes
    /// for nobody either. A candidate that has not applied that change may need this very vote and would ask for ever
    /// (etcd-io/etcd #12359). So such a replica says with its refusal what it knows to be committed.
    private func refusal(_ kind: MessageKind, to candidate: ReplicaID) -> Message {
        var refusal = Message(kind: kind, to: candidate, term: term, reject: true)
        if !membership.allVoters.contains(replica), let committedTerm = log.term(at: log.committed) {
            refusal.commit = log.committed
            refusal.logTerm = committedTerm
        }
        return refusal
    }

    /// Commits what a refusal says is committed, if that very entry is in this log. True in any term: what is committed
    /// stays so.
    private mutating func learnCommit(from refusal: Message) {
        guard refusal.kind == .voteResponse || refusal.kind == .preVoteResponse, role != .leader,
            log.maybeCommit(LogPosition(term: refusal.logTerm, index: refusal.commit))
        else { return }
        // The votes so far were asked for under a membership that is about to change.
        if role != .follower, hasUnappliedMembershipChange { becomeFollower(term: term, leader: .none) }
    }

    // MARK: Answers of the storage threads

    /// Entries and a snapshot are durable.
    private mutating func handleAppended(_ message: Message) {
        if message.index != .zero { log.stable(to: LogPosition(term: message.logTerm, index: message.index)) }
        if let snapshot = message.snapshot { appliedSnapshot(snapshot) }
    }

    private mutating func appliedSnapshot(_ snapshot: Snapshot) {
        let index = snapshot.metadata.position.index
        log.stableSnapshot(to: index)
        applied(to: index, size: 0)
    }

    /// Entries are applied.
    private mutating func handleApplied(_ message: Message) throws(StepRejection) {
        guard let last = message.entries.last else { return }
        guard last.index <= log.committed else { throw .malformed }
        applied(to: last.index, size: message.entries.footprint)
        uncommittedSize -= min(uncommittedSize, message.entries.payloadSize)
    }

    private mutating func applied(to index: LogIndex, size: UInt64) {
        log.applied(to: max(index, log.applied), size: size)
        leaveJointIfDue()
    }

    /// Leaves a joint configuration that is to be left automatically. Nothing can be proposed while leadership is
    /// handed over; it is tried again when that has failed, because no other entry may ever come.
    mutating func leaveJointIfDue() {
        guard membership.autoLeave, role == .leader, log.applied >= pendingConfigurationIndex else { return }
        try? propose(.leaveJoint)
    }
}
