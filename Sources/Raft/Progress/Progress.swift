/// How a leader sends to a follower.
package enum ReplicationState: Hashable, Sendable {
    /// One append at a time, until the place where the logs match is found.
    case probe
    /// A pipeline of appends.
    case replicate
    /// Nothing, until a snapshot has arrived or failed.
    case snapshot
}

/// What a leader knows about one replica. Always `match < next`.
struct Progress {
    let replica: ReplicaID
    /// The highest index known to be in the replica's log.
    private(set) var match = LogIndex.zero
    /// The next index to send.
    private(set) var next: LogIndex
    private(set) var state = ReplicationState.probe
    /// In `snapshot`: the index of the snapshot under way.
    private(set) var pendingSnapshot = LogIndex.zero
    /// Whether the replica was heard of since the last check of the quorum.
    var recentActive = false
    var isLearner: Bool
    /// Set when nothing may be sent until the replica answers.
    var flowPaused = false
    private(set) var inflights: InflightWindow
    /// The highest commit index sent, as far as it can have taken effect.
    private var sentCommit = LogIndex.zero

    init(replica: ReplicaID, next: LogIndex, isLearner: Bool, limits: InflightLimits) {
        self.replica = replica
        self.next = next
        self.isLearner = isLearner
        inflights = InflightWindow(limits: limits)
    }

    var isPaused: Bool { state == .snapshot || flowPaused }

    // MARK: Transitions

    private mutating func enter(_ state: ReplicationState) {
        flowPaused = false
        pendingSnapshot = .zero
        self.state = state
        inflights.reset()
    }

    mutating func becomeProbe() {
        let base = state == .snapshot ? max(match, pendingSnapshot) : match
        enter(.probe)
        next = base.next
        sentCommit = min(sentCommit, next.previous)
    }

    mutating func becomeReplicate() {
        enter(.replicate)
        next = match.next
    }

    mutating func becomeSnapshot(at index: LogIndex) {
        enter(.snapshot)
        pendingSnapshot = index
        next = max(match, index).next
        sentCommit = index
    }

    /// The snapshot under way will not arrive: probing must not begin behind it.
    mutating func abortSnapshot() {
        pendingSnapshot = .zero
        becomeProbe()
    }

    /// For the leader's own row: everything in its log counts as known.
    mutating func matchOwnLog(_ lastIndex: LogIndex) {
        match = lastIndex
        next = max(next, lastIndex.next)
    }

    // MARK: Sending

    /// Notes an append of `count` entries with `bytes` payload bytes. Never called in `snapshot`.
    mutating func sentEntries(_ count: Int, bytes: UInt64) {
        if state == .replicate {
            if count > 0 {
                next = next.advanced(by: count)
                inflights.add(lastIndex: next.previous, bytes: bytes)
            }
            flowPaused = inflights.isFull
        } else if count > 0 {
            flowPaused = true
        }
    }

    mutating func sentCommit(_ commit: LogIndex) { sentCommit = commit }

    /// Whether an append that carries `commit` could tell the replica something new.
    func canBumpCommit(_ commit: LogIndex) -> Bool { commit > sentCommit && sentCommit < next.previous }

    // MARK: Answers

    /// An acknowledgement of `index`. False when it says nothing new.
    mutating func acknowledged(_ index: LogIndex) -> Bool {
        guard index > match else { return false }
        match = index
        next = max(next, index.next)
        flowPaused = false
        return true
    }

    mutating func freeInflights(through index: LogIndex) { inflights.free(through: index) }

    /// A rejected append at `rejected`. False when it is an old one; else `next` went back towards `hint`.
    ///
    /// A place that was acknowledged before is not probed again at once: a replica that has lost its log would keep the
    /// leader busy without end. It is tried after the next heartbeat.
    mutating func rejected(_ rejected: LogIndex, hint: LogIndex) -> Bool {
        guard rejected > match else { return false }
        if state == .replicate {
            next = match.next
        } else {
            guard next.previous == rejected else { return false }
            let candidate = hint < rejected ? hint.next : rejected
            next = max(candidate, match.next)
            flowPaused = false
        }
        sentCommit = min(sentCommit, next.previous)
        return true
    }
}
