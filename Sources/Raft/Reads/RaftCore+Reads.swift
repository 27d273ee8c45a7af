extension RaftCore {
    /// Reads kept while a new leader has not committed; more are dropped, and asked again.
    private static var maxPostponedReads: Int { 4096 }

    /// A read request at the leader.
    mutating func handleReadIndex(_ request: Message) {
        // Before its first commit of the term a leader may not know of everything that was acknowledged. This holds for
        // a group of one, too: its commit index on disk may be older than what it has answered.
        guard hasCommittedInTerm else {
            if postponedReads.count < Self.maxPostponedReads { postponedReads.append(request) }
            return
        }
        startRead(request)
    }

    /// The first commit of the term has happened.
    mutating func releasePostponedReads() {
        guard !postponedReads.isEmpty, hasCommittedInTerm else { return }
        let requests = postponedReads
        postponedReads = []
        for request in requests { startRead(request) }
    }

    private mutating func startRead(_ request: Message) {
        if membership.quorum == JointQuorum(incoming: MajorityQuorum([replica]))
            || configuration.readOnly == .leaseBased
        {
            return answer(request, at: log.committed)
        }
        reads.add(request, at: log.committed)
        reads.acknowledge(from: replica, context: reads.heartbeatContext)
        broadcastHeartbeat()
        answerConfirmedReads()
    }

    /// Answers every read that a quorum has confirmed by now.
    mutating func answerConfirmedReads() {
        for read in reads.takeConfirmed(by: membership.quorum) { answer(read.request, at: read.index) }
    }

    private mutating func answer(_ request: Message, at index: LogIndex) {
        if request.from == .none || request.from == replica {
            readStates.append(ReadState(index: index, context: request.entries.first?.payload ?? []))
        } else {
            send(Message(kind: .readIndexResponse, to: request.from, index: index, entries: request.entries))
        }
    }
}
