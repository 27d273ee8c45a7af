/// One replica's log: the durable part, read through `stable`, and the tail that is not durable yet.
struct ReplicatedLog {
    let stable: any LogReader
    private(set) var tail: UnstableTail
    /// The highest index known to be on a quorum.
    private(set) var committed: LogIndex
    /// The highest index handed out to be applied.
    private(set) var applying: LogIndex
    /// The highest index the state machine has confirmed.
    private(set) var applied: LogIndex

    private let applyingLimit: UInt64
    private var applyingSize: UInt64 = 0
    private var applyingPaused = false

    init(stable: any LogReader, applyingLimit: UInt64) {
        self.stable = stable
        self.applyingLimit = applyingLimit
        tail = UnstableTail(offset: stable.lastIndex.next)
        committed = stable.firstIndex.previous
        applying = committed
        applied = committed
    }

    // MARK: Bounds and terms

    var firstIndex: LogIndex { tail.firstIndex ?? stable.firstIndex }
    var lastIndex: LogIndex { tail.lastIndex ?? stable.lastIndex }

    /// Term and index of the last entry, or of the snapshot when there is none after it.
    var lastPosition: LogPosition {
        let index = lastIndex
        guard let term = term(at: index) else { preconditionFailure("the log has no term for its last index") }
        return LogPosition(term: term, index: index)
    }

    /// The term at `index`, or nil when it is compacted or beyond the end.
    func term(at index: LogIndex) -> Term? {
        if let term = tail.term(at: index) { return term }
        guard index >= firstIndex.previous, index <= lastIndex else { return nil }
        return try? stable.term(at: index)
    }

    func matches(_ position: LogPosition) -> Bool { term(at: position.index) == position.term }

    /// Whether a log that ends at `other` may lead this one (Raft paper, section 5.4.1).
    func isUpToDate(_ other: LogPosition) -> Bool { other >= lastPosition }

    /// The last place at or before `index` whose term is not above `term`, with its term (zero when it is not known).
    /// Both sides of a rejected append use it to skip whole terms.
    func lastPlace(upTo index: LogIndex, notAbove term: Term) -> (index: LogIndex, term: Term) {
        var index = index
        while index > .zero {
            guard let ours = self.term(at: index) else { return (index, .zero) }
            if ours <= term { return (index, ours) }
            index = index.previous
        }
        return (.zero, .zero)
    }

    // MARK: Reading

    /// Entries from `index` on, within `limit` bytes but at least one; empty when there is none.
    func entries(from index: LogIndex, within limit: UInt64) throws(LogReadError) -> [LogEntry] {
        index > lastIndex ? [] : try slice(from: index, to: lastIndex.next, within: limit)
    }

    /// Entries in `lower ..< upper`, within `limit` bytes but at least one.
    func slice(from lower: LogIndex, to upper: LogIndex, within limit: UInt64) throws(LogReadError) -> [LogEntry] {
        guard lower >= firstIndex else { throw .compacted }
        guard upper <= lastIndex.next else { throw .unavailable }
        guard lower < upper else { return [] }
        if lower >= tail.offset { return tail.slice(from: lower, to: upper).prefix(within: limit) }

        let cut = min(upper, tail.offset)
        let durable = try stable.entries(from: lower, to: cut, maxBytes: limit).prefix(within: limit)
        guard upper > tail.offset, durable.count == lower.distance(to: cut) else { return durable }
        let size = durable.footprint
        guard size < limit else { return durable }
        let rest = tail.slice(from: tail.offset, to: upper).prefix(within: limit - size)
        if rest.count == 1, size + rest[0].footprint > limit { return durable }
        return durable + rest
    }

    /// A snapshot for a follower that needs compacted entries.
    func snapshot() throws(LogReadError) -> Snapshot {
        if let snapshot = tail.snapshot { return snapshot }
        return try stable.snapshot()
    }

    // MARK: Writing

    /// Appends contiguous entries after dropping whatever is at their place. Returns the new last index.
    @discardableResult
    mutating func append(_ entries: [LogEntry]) -> LogIndex {
        guard let first = entries.first else { return lastIndex }
        precondition(first.index > committed, "an append would replace a committed entry")
        tail.truncateAndAppend(entries)
        return lastIndex
    }

    /// A follower's append after `previous`: nil when the logs do not match there, else the last index covered by the
    /// message.
    mutating func append(
        _ entries: [LogEntry], after previous: LogPosition, commit: LogIndex
    ) throws(StepRejection) -> LogIndex? {
        guard matches(previous) else { return nil }
        let covered = previous.index.advanced(by: entries.count)
        if let conflict = entries.firstIndex(where: { !matches($0.position) }) {
            guard entries[conflict].index > committed else { throw .contradictsCommitted }
            append(Array(entries[conflict...]))
        }
        self.commit(to: min(commit, covered))
        return covered
    }

    /// Moves the commit index forward, never back. `index` is within the log.
    mutating func commit(to index: LogIndex) {
        guard committed < index else { return }
        precondition(index <= lastIndex, "a commit index beyond the end of the log")
        committed = index
    }

    /// Commits `position` if it is in the log with that very term (Raft paper, section 5.4.2). True when the index
    /// moved.
    mutating func maybeCommit(_ position: LogPosition) -> Bool {
        guard position.term != .zero, position.index > committed, matches(position) else { return false }
        commit(to: position.index)
        return true
    }

    mutating func restore(_ snapshot: Snapshot) {
        committed = snapshot.metadata.position.index
        tail.restore(snapshot)
    }

    mutating func acceptUnstable() { tail.acceptInProgress() }
    mutating func stable(to position: LogPosition) { tail.stable(to: position) }
    mutating func stableSnapshot(to index: LogIndex) { tail.stableSnapshot(to: index) }

    // MARK: Applying

    /// Committed entries to apply next, within the page limit. `allowUnstable` is false when writes are asynchronous:
    /// then only entries that this replica itself has made durable are applied.
    func nextCommitted(allowUnstable: Bool) -> [LogEntry] {
        guard hasNextCommitted(allowUnstable: allowUnstable) else { return [] }
        let upper = lastAppliable(allowUnstable: allowUnstable).next
        guard let page = try? slice(from: applying.next, to: upper, within: applyingLimit - applyingSize) else {
            preconditionFailure("committed entries cannot be read")
        }
        return page
    }

    func hasNextCommitted(allowUnstable: Bool) -> Bool {
        !applyingPaused && tail.snapshot == nil && applying < lastAppliable(allowUnstable: allowUnstable)
    }

    private func lastAppliable(allowUnstable: Bool) -> LogIndex {
        allowUnstable ? committed : min(committed, tail.offset.previous)
    }

    mutating func acceptApplying(_ index: LogIndex, size: UInt64, allowUnstable: Bool) {
        applying = index
        applyingSize += size
        applyingPaused = applyingSize >= applyingLimit || index < lastAppliable(allowUnstable: allowUnstable)
    }

    /// Notes that the state machine has applied up to `index`, which is between `applied` and `committed`.
    mutating func applied(to index: LogIndex, size: UInt64) {
        precondition(applied <= index && index <= committed, "an applied index out of order")
        applied = index
        applying = max(applying, index)
        applyingSize -= min(applyingSize, size)
        applyingPaused = applyingSize >= applyingLimit
    }
}
