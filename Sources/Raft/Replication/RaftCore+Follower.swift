extension RaftCore {
    mutating func stepFollower(_ message: Message) throws(StepRejection) {
        switch message.kind {
        case .append:
            heard(from: message.from)
            try handleAppend(message)
        case .heartbeat:
            heard(from: message.from)
            try handleHeartbeat(message)
        case .snapshot:
            heard(from: message.from)
            handleSnapshot(message)
        case .transferLeader, .readIndex:
            guard leader != .none else { return }
            var forwarded = message
            forwarded.to = leader
            send(forwarded)
        case .timeoutNow:
            startElection(.transfer)
        case .readIndexResponse:
            readStates.append(ReadState(index: message.index, context: message.entries.first?.payload ?? []))
        default: break
        }
    }

    private mutating func heard(from sender: ReplicaID) {
        electionElapsed = 0
        leader = sender
    }

    private mutating func handleAppend(_ message: Message) throws(StepRejection) {
        guard message.index >= log.committed else {
            return send(Message(kind: .appendResponse, to: message.from, index: log.committed))
        }
        let previous = LogPosition(term: message.logTerm, index: message.index)
        if let covered = try log.append(message.entries, after: previous, commit: message.commit) {
            return send(Message(kind: .appendResponse, to: message.from, index: covered))
        }
        // Where the logs may agree: the last place whose term is not above the leader's. It skips a whole diverging
        // tail.
        let hint = log.lastPlace(upTo: min(message.index, log.lastIndex), notAbove: message.logTerm)
        send(
            Message(
                kind: .appendResponse, to: message.from, logTerm: hint.term, index: message.index, reject: true,
                rejectHint: hint.index))
    }

    private mutating func handleHeartbeat(_ message: Message) throws(StepRejection) {
        // The leader commits here only what this replica has acknowledged.
        guard message.commit <= log.lastIndex else { throw .commitBeyondLog }
        log.commit(to: message.commit)
        send(Message(kind: .heartbeatResponse, to: message.from, context: message.context))
    }

    private mutating func handleSnapshot(_ message: Message) {
        let installed = message.snapshot.map { restore($0) } ?? false
        send(Message(kind: .appendResponse, to: message.from, index: installed ? log.lastIndex : log.committed))
    }

    /// Replaces the log by a snapshot. False when it is not needed, or does not know this replica.
    private mutating func restore(_ snapshot: Snapshot) -> Bool {
        let metadata = snapshot.metadata
        guard metadata.position.index > log.committed, metadata.membership.contains(replica) else { return false }
        if log.matches(metadata.position) {
            // The log has all of it: only the commit index is news.
            log.commit(to: metadata.position.index)
            return false
        }
        log.restore(snapshot)
        let table = ProgressTable(
            membership: metadata.membership, lastIndex: log.lastIndex, limits: configuration.inflightLimits)
        adopt(metadata.membership, table)
        return true
    }
}
