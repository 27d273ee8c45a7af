extension RaftCore {
    mutating func stepLeader(_ message: Message) throws(StepRejection) {
        if message.kind == .readIndex { return handleReadIndex(message) }
        guard let row = progress.index(of: message.from) else { return }
        switch message.kind {
        case .appendResponse:
            progress.rows[row].recentActive = true
            if message.reject {
                handleRejectedAppend(message, row)
            } else {
                guard message.index <= log.lastIndex else { throw .malformed }
                handleAcknowledgement(message, row)
            }
        case .heartbeatResponse: handleHeartbeatResponse(message, row)
        case .transferLeader: handleTransfer(to: message.from, row)
        default: break
        }
    }

    // MARK: Answers to appends

    /// Looks for the place where the logs match. The follower's hint says what term it has there, so every place where
    /// ours is higher is skipped: at most one probe for each term.
    private mutating func handleRejectedAppend(_ message: Message, _ row: Int) {
        var hint = message.rejectHint
        if message.logTerm > .zero { hint = log.lastPlace(upTo: hint, notAbove: message.logTerm).index }
        guard progress.rows[row].rejected(message.index, hint: hint) else { return }
        if progress.rows[row].state == .replicate { progress.rows[row].becomeProbe() }
        sendAppend(row)
    }

    private mutating func handleAcknowledgement(_ message: Message, _ row: Int) {
        let isNews = progress.rows[row].acknowledged(message.index)
        // An answer to a probe resumes replication even when it confirms only what was known.
        let endsProbe = progress.rows[row].state == .probe && progress.rows[row].match == message.index
        guard isNews || endsProbe else { return }
        switch progress.rows[row].state {
        case .probe:
            progress.rows[row].becomeReplicate()
        case .snapshot where progress.rows[row].match.next >= log.firstIndex:
            // Whatever snapshot it was: the follower can be served from the log again.
            progress.rows[row].becomeProbe()
            progress.rows[row].becomeReplicate()
        case .snapshot: break
        case .replicate:
            progress.rows[row].freeInflights(through: message.index)
        }
        let isOther = message.from != replica
        if maybeCommit() {
            releasePostponedReads()
            broadcastAppend()
        } else if isOther, progress.rows[row].canBumpCommit(log.committed) {
            sendAppend(row)
        }
        guard isOther else { return }
        while sendAppend(row, evenIfEmpty: false) {}
        if message.from == leadTransferee, progress.rows[row].match == log.lastIndex {
            send(Message(kind: .timeoutNow, to: message.from))
        }
    }

    /// Commits what a quorum has, if it is of this term. True when the commit index moved.
    mutating func maybeCommit() -> Bool {
        let agreed = membership.quorum.agreed { progress[$0]?.match.rawValue }
        return log.maybeCommit(LogPosition(term: term, index: LogIndex(agreed)))
    }

    // MARK: Other answers

    private mutating func handleHeartbeatResponse(_ message: Message, _ row: Int) {
        progress.rows[row].recentActive = true
        progress.rows[row].flowPaused = false
        // Even to a full window and to a probed follower that has everything: the answer sets either right.
        if progress.rows[row].match < log.lastIndex || progress.rows[row].state == .probe { sendAppend(row) }
        guard configuration.readOnly == .safe, !message.context.isEmpty else { return }
        reads.acknowledge(from: message.from, context: message.context)
        answerConfirmedReads()
    }

    private mutating func handleTransfer(to target: ReplicaID, _ row: Int) {
        guard !progress.rows[row].isLearner, leadTransferee != target else { return }
        leadTransferee = .none
        guard target != replica else { return leaveJointIfDue() }
        // It has to be done within an election timeout from now.
        electionElapsed = 0
        leadTransferee = target
        if progress.rows[row].match == log.lastIndex {
            send(Message(kind: .timeoutNow, to: target))
        } else {
            sendAppend(row)
        }
    }
}
