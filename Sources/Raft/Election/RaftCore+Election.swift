/// The ways to stand for election.
enum CampaignKind {
    /// Asks whether an election could be won, without a new term.
    case preVote
    case election
    /// At the order of the leader. Skips the pre-vote: this replica is known not to come from a partition.
    case transfer
}

extension RaftCore {
    mutating func startElection(_ kind: CampaignKind) {
        guard role != .leader, isPromotable, !hasUnappliedMembershipChange else { return }
        campaign(kind)
    }

    /// Whether a committed configuration change is not applied yet. A candidate with an outdated configuration could
    /// count the wrong quorum.
    var hasUnappliedMembershipChange: Bool {
        var index = log.applied.next
        while index <= log.committed {
            guard
                let page = try? log.slice(from: index, to: log.committed.next, within: configuration.applyingLimit),
                let last = page.last
            else { return true }
            if page.contains(where: { $0.kind != .normal }) { return true }
            index = last.index.next
        }
        return false
    }

    private mutating func campaign(_ kind: CampaignKind) {
        let request: MessageKind
        let answer: MessageKind
        let requestTerm: Term
        if kind == .preVote {
            becomePreCandidate()
            (request, answer, requestTerm) = (.preVote, .preVoteResponse, term.next)
        } else {
            becomeCandidate()
            (request, answer, requestTerm) = (.vote, .voteResponse, term)
        }
        let last = log.lastPosition
        for voter in membership.allVoters {
            if voter == replica {
                // The own vote counts once it is durable, so it takes the way of all answers.
                send(Message(kind: answer, to: voter, term: requestTerm))
            } else {
                send(
                    Message(
                        kind: request, to: voter, term: requestTerm, logTerm: last.term, index: last.index,
                        context: kind == .transfer ? Message.transferContext : []))
            }
        }
    }

    private mutating func becomeCandidate() {
        reset(term: term.next)
        vote = replica
        role = .candidate
    }

    private mutating func becomePreCandidate() {
        ballots.reset()
        leader = .none
        role = .preCandidate
    }

    private mutating func becomeLeader() {
        reset(term: term)
        leader = replica
        role = .leader
        if let own = progress.index(of: replica) {
            progress.rows[own].becomeReplicate()
            progress.rows[own].recentActive = true
        }
        // The log may hold a change that is not applied. Waiting for all of it is cheaper than looking.
        pendingConfigurationIndex = log.lastIndex
        // An entry of its own term lets a leader commit those before it (Raft paper, section 5.4.2).
        appendToLog([LogEntry()])
    }

    mutating func stepCandidate(_ message: Message) throws(StepRejection) {
        switch message.kind {
        case .append, .heartbeat, .snapshot:
            becomeFollower(term: message.term, leader: message.from)
            try stepFollower(message)
        case .voteResponse where role == .candidate, .preVoteResponse where role == .preCandidate:
            count(message)
        default: break
        }
    }

    private mutating func count(_ message: Message) {
        ballots.record(message.from, granted: !message.reject)
        switch membership.quorum.outcome({ ballots.vote(of: $0) }) {
        case .pending: break
        case .lost: becomeFollower(term: term, leader: .none)
        case .won where role == .preCandidate: campaign(.election)
        case .won:
            becomeLeader()
            broadcastAppend()
        }
    }

    /// A leader that has not heard from a quorum since the last check steps down: another one may lead already.
    mutating func checkQuorum() {
        let outcome = membership.quorum.outcome { replica in
            guard let row = progress[replica], !row.isLearner else { return nil }
            return row.recentActive
        }
        if outcome != .won { becomeFollower(term: term, leader: .none) }
        for row in progress.rows.indices where progress.rows[row].replica != replica {
            progress.rows[row].recentActive = false
        }
    }
}
