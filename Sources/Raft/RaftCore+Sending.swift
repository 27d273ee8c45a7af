extension RaftCore {
    /// Queues a message with this replica's id and term, now or after the write that it promises.
    mutating func send(_ message: Message) {
        var message = message
        if message.from == .none { message.from = replica }
        switch message.kind {
        case .vote, .voteResponse, .preVote, .preVoteResponse: break
        default: message.term = message.kind.isTermless ? .zero : term
        }
        if message.kind.waitsForWrite {
            messagesAfterWrite.append(message)
        } else {
            messages.append(message)
        }
    }

    // MARK: A leader's messages

    /// Sends what the follower of `row` needs next, unless it is paused. Empty appends carry only the commit index.
    @discardableResult
    mutating func sendAppend(_ row: Int, evenIfEmpty: Bool = true) -> Bool {
        let follower = progress.rows[row]
        guard !follower.isPaused else { return false }
        let previous = follower.next.previous
        guard let previousTerm = log.term(at: previous) else { return sendSnapshot(row) }

        var entries: [LogEntry] = []
        // A full window gets empty appends only. They are needed: when everything under way was lost, the answer to an
        // empty one empties the window.
        if follower.state != .replicate || !follower.inflights.isFull {
            do {
                entries = try log.entries(from: follower.next, within: configuration.maxSizePerMessage)
            } catch {
                return evenIfEmpty && sendSnapshot(row)
            }
        }
        guard evenIfEmpty || !entries.isEmpty else { return false }
        send(
            Message(
                kind: .append, to: follower.replica, logTerm: previousTerm, index: previous, entries: entries,
                commit: log.committed))
        progress.rows[row].sentEntries(entries.count, bytes: entries.payloadSize)
        progress.rows[row].sentCommit(log.committed)
        return true
    }

    /// The follower of `row` needs entries that are compacted.
    private mutating func sendSnapshot(_ row: Int) -> Bool {
        guard progress.rows[row].recentActive else { return false }
        guard let snapshot = try? log.snapshot(), !snapshot.isEmpty else { return false }
        progress.rows[row].becomeSnapshot(at: snapshot.metadata.position.index)
        send(Message(kind: .snapshot, to: progress.rows[row].replica, snapshot: snapshot))
        return true
    }

    mutating func broadcastAppend() {
        for row in progress.rows.indices where progress.rows[row].replica != replica { sendAppend(row) }
    }

    /// Heartbeats also ask for the confirmation of waiting reads.
    mutating func broadcastHeartbeat() {
        let context = reads.heartbeatContext
        for row in progress.rows.indices where progress.rows[row].replica != replica {
            // A follower must never commit what it does not have: its log may differ beyond the matching part.
            let commit = min(progress.rows[row].match, log.committed)
            let follower = progress.rows[row].replica
            send(Message(kind: .heartbeat, to: follower, commit: commit, context: context))
            progress.rows[row].sentCommit(commit)
        }
    }
}
