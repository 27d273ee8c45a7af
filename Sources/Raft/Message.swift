/// The kinds of message. The numbers are on the wire; they follow etcd/raft so that traces can be compared.
package enum MessageKind: UInt8, Hashable, Sendable, CaseIterable {
    case hup = 0, beat, propose, append, appendResponse, vote, voteResponse, snapshot, heartbeat, heartbeatResponse
    case unreachable, snapshotStatus, checkQuorum, transferLeader, timeoutNow, readIndex, readIndexResponse
    case preVote, preVoteResponse, storageAppend, storageAppendResponse, storageApply, storageApplyResponse
    case forgetLeader
}

/// What replicas, and a replica and its storage threads, say to each other. Unused fields are zero.
package struct Message: Hashable, Sendable {
    package var kind: MessageKind
    package var to: ReplicaID
    package var from: ReplicaID
    package var term: Term
    /// Term of the entry at `index`; in vote requests the term of the last entry.
    package var logTerm: Term
    package var index: LogIndex
    package var entries: [LogEntry]
    package var commit: LogIndex
    package var vote: ReplicaID
    package var snapshot: Snapshot?
    package var reject: Bool
    /// On a rejected append: where the follower's log may agree.
    package var rejectHint: LogIndex
    /// Opaque request context: read requests and forced elections.
    package var context: [UInt8]
    /// For storage threads: what to deliver when the write is durable (append) or done (apply).
    package var responses: [Message]

    package init(
        kind: MessageKind, to: ReplicaID = .none, from: ReplicaID = .none, term: Term = .zero, logTerm: Term = .zero,
        index: LogIndex = .zero, entries: [LogEntry] = [], commit: LogIndex = .zero, vote: ReplicaID = .none,
        snapshot: Snapshot? = nil, reject: Bool = false, rejectHint: LogIndex = .zero, context: [UInt8] = [],
        responses: [Message] = []
    ) {
        self.kind = kind
        self.to = to
        self.from = from
        self.term = term
        self.logTerm = logTerm
        self.index = index
        self.entries = entries
        self.commit = commit
        self.vote = vote
        self.snapshot = snapshot
        self.reject = reject
        self.rejectHint = rejectHint
        self.context = context
        self.responses = responses
    }
}
