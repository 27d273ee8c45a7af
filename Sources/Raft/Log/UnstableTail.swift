/// The end of the log that is not known to be durable: entries from `offset` on, and a snapshot that is to be
/// installed.
///
/// What was handed out in a `Ready` is in progress; it stays here until its write is confirmed, because a later write
/// may still replace it.
struct UnstableTail {
    private(set) var snapshot: Snapshot?
    private(set) var entries: [LogEntry] = []
    /// The index of `entries[0]`, if there is one.
    private(set) var offset: LogIndex
    private var snapshotInProgress = false
    /// Entries below it are in progress.
    private var offsetInProgress: LogIndex

    init(offset: LogIndex) {
        self.offset = offset
        offsetInProgress = offset
    }

    /// The first index of the log when a snapshot is to be installed.
    var firstIndex: LogIndex? { snapshot.map { $0.metadata.position.index.next } }

    /// The last index when this tail knows it.
    var lastIndex: LogIndex? {
        entries.isEmpty ? snapshot?.metadata.position.index : offset.advanced(by: entries.count - 1)
    }

    func term(at index: LogIndex) -> Term? {
        if index < offset {
            guard let position = snapshot?.metadata.position, position.index == index else { return nil }
            return position.term
        }
        let place = offset.distance(to: index)
        return place < entries.count ? entries[place].term : nil
    }

    /// Entries that no `Ready` has handed out yet.
    var nextEntries: [LogEntry] {
        let handedOut = offset.distance(to: offsetInProgress)
        return handedOut >= entries.count ? [] : Array(entries[handedOut...])
    }

    var hasNextEntries: Bool { offset.distance(to: offsetInProgress) < entries.count }

    /// The snapshot, if no `Ready` has handed it out yet.
    var nextSnapshot: Snapshot? { snapshotInProgress ? nil : snapshot }

    /// Entries in `lower ..< upper`; both are within the tail.
    func slice(from lower: LogIndex, to upper: LogIndex) -> [LogEntry] {
        Array(entries[offset.distance(to: lower)..<offset.distance(to: upper)])
    }

    /// Marks everything as handed out.
    mutating func acceptInProgress() {
        if !entries.isEmpty { offsetInProgress = offset.advanced(by: entries.count) }
        if snapshot != nil { snapshotInProgress = true }
    }

    /// Drops entries up to `position` because they are durable; unless they were replaced meanwhile.
    mutating func stable(to position: LogPosition) {
        guard position.index >= offset, term(at: position.index) == position.term else { return }
        entries.removeFirst(offset.distance(to: position.index) + 1)
        offset = position.index.next
        offsetInProgress = max(offsetInProgress, offset)
    }

    mutating func stableSnapshot(to index: LogIndex) {
        guard snapshot?.metadata.position.index == index else { return }
        snapshot = nil
        snapshotInProgress = false
    }

    /// Replaces the whole log by a snapshot.
    mutating func restore(_ snapshot: Snapshot) {
        offset = snapshot.metadata.position.index.next
        offsetInProgress = offset
        entries = []
        self.snapshot = snapshot
        snapshotInProgress = false
    }

    /// Puts contiguous, non-empty `added` at their place; whatever was there and after is dropped.
    mutating func truncateAndAppend(_ added: [LogEntry]) {
        let start = added[0].index
        if start == offset.advanced(by: entries.count) {
            entries.append(contentsOf: added)
        } else if start <= offset {
            entries = added
            offset = start
            offsetInProgress = start
        } else {
            entries.removeSubrange(offset.distance(to: start)...)
            entries.append(contentsOf: added)
            offsetInProgress = min(offsetInProgress, start)
        }
    }
}
