/// What happens to a replica.
extension RaftCore {
    /// One tick of the driver's clock has passed.
    package mutating func tick() {
        if role == .leader { tickLeader() } else { tickElection() }
    }

    /// A follower or candidate campaigns when its timeout has passed.
    private mutating func tickElection() {
        electionElapsed += 1
        guard isPromotable, electionElapsed >= electionTimeout else { return }
        electionElapsed = 0
        campaign()
    }

    /// A leader checks its quorum once per election timeout and sends heartbeats.
    private mutating func tickLeader() {
        heartbeatElapsed += 1
        electionElapsed += 1
        if electionElapsed >= configuration.electionTicks {
            electionElapsed = 0
            if configuration.checkQuorum { checkQuorum() }
            // A transfer that takes longer than an election timeout has failed; proposals are accepted again.
            if role == .leader, leadTransferee != .none {
                leadTransferee = .none
                leaveJointIfDue()
            }
        }
        guard role == .leader, heartbeatElapsed >= configuration.heartbeatTicks else { return }
        heartbeatElapsed = 0
        broadcastHeartbeat()
    }

    /// Starts an election, if this replica may.
    package mutating func campaign() { startElection(configuration.preVote ? .preVote : .election) }

    /// Takes a message from another replica, or an answer of a storage thread.
    ///
    /// The driver vouches for `from`: it belongs to the connection the message came on, and is neither this replica nor
    /// a storage thread unless the message is an answer that this replica made.
    package mutating func step(_ message: Message) throws(StepRejection) {
        let isFromStorage = message.from.isStorageThread
        if isFromStorage {
            let kind = message.kind
            guard configuration.asyncStorageWrites, kind == .storageAppendResponse || kind == .storageApplyResponse
            else { throw .localMessage }
        } else {
            guard !message.kind.isLocal else { throw .localMessage }
            if message.kind.isResponse, progress.index(of: message.from) == nil { throw .unknownPeer }
        }
        guard message.isPlausible else { throw .malformed }
        try process(message)
    }

    /// Proposes a command of the state machine. On a follower it is forwarded to the leader, and may get lost.
    package mutating func propose(_ payload: [UInt8]) throws(ProposalRejection) {
        try propose([LogEntry(payload: payload)], from: replica)
    }

    /// Proposes several commands at once; all or none enter the log.
    package mutating func propose(batch payloads: [[UInt8]]) throws(ProposalRejection) {
        try propose(payloads.map { LogEntry(payload: $0) }, from: replica)
    }

    /// Proposes a membership change. One that does not fit the present configuration enters the log as an empty entry.
    package mutating func propose(_ change: MembershipChange) throws(ProposalRejection) {
        try propose([LogEntry(kind: change.entryKind, payload: change.encoded())], from: replica)
    }

    /// Asks for an index that a linearizable read has to wait for; the answer is in `Ready.readStates`, or never comes.
    /// On a follower the leader is asked. `context` tells reads apart and is never reused for another one.
    package mutating func readIndex(context: [UInt8]) {
        try? process(Message(kind: .readIndex, entries: [LogEntry(payload: context)]))
    }

    /// Hands leadership to `target`, within an election timeout or not at all. On a follower the leader is asked.
    package mutating func transferLeadership(to target: ReplicaID) {
        try? process(Message(kind: .transferLeader, from: target))
    }

    /// Makes a follower forget its leader, so that it grants a vote before the leader's lease has passed. For a driver
    /// that knows the leader's process to be gone. Ignored under lease reads, which rely on that lease.
    package mutating func forgetLeader() {
        guard role == .follower, configuration.readOnly != .leaseBased else { return }
        leader = .none
    }

    /// The last message to `peer` could not be sent.
    package mutating func reportUnreachable(_ peer: ReplicaID) {
        guard role == .leader, let row = progress.index(of: peer) else { return }
        if progress.rows[row].state == .replicate { progress.rows[row].becomeProbe() }
    }

    /// The snapshot for `peer` was installed, or could not be sent.
    package mutating func reportSnapshot(_ peer: ReplicaID, succeeded: Bool) {
        guard role == .leader, let row = progress.index(of: peer), progress.rows[row].state == .snapshot else { return }
        if succeeded { progress.rows[row].becomeProbe() } else { progress.rows[row].abortSnapshot() }
        // After a success the follower's answer comes first, after a failure a heartbeat passes before the next try.
        progress.rows[row].flowPaused = true
    }
}
