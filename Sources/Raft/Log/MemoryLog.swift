/// Why a change to a `MemoryLog` was refused.
package enum MemoryLogError: Error, Hashable, Sendable {
    /// There is a snapshot at or after that index already.
    case snapshotOutOfDate
    /// The index was compacted before.
    case compacted
    /// The index is beyond the end of the log.
    case outOfBounds
}

/// A log in memory: the twin of the one on disk, for the simulator and tests.
package final class MemoryLog: LogReader {
    package private(set) var hardState = HardState()
    package private(set) var membership = Membership()
    private var latestSnapshot = Snapshot()
    /// The position before the first entry kept.
    private var truncated = LogPosition.zero
    private var kept: [LogEntry] = []

    /// An empty log, or one that begins after `snapshot`.
    package init(snapshot: Snapshot = Snapshot()) {
        latestSnapshot = snapshot
        truncated = snapshot.metadata.position
        membership = snapshot.metadata.membership
    }

    // MARK: Reading

    package func initialState() -> (hardState: HardState, membership: Membership) { (hardState, membership) }

    package var firstIndex: LogIndex { truncated.index.next }
    package var lastIndex: LogIndex { truncated.index.advanced(by: kept.count) }

    package func entries(
        from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64
    ) throws(LogReadError) -> [LogEntry] {
        guard lower > truncated.index else { throw .compacted }
        guard upper <= lastIndex.next else { throw .unavailable }
        guard lower < upper else { return [] }
        let range = firstIndex.distance(to: lower)..<firstIndex.distance(to: upper)
        var page: [LogEntry] = []
        var size: UInt64 = 0
        for entry in kept[range] {
            size += UInt64(entry.payload.count)
            if size > maxBytes, !page.isEmpty { break }
            page.append(entry)
        }
        return page
    }

    package func term(at index: LogIndex) throws(LogReadError) -> Term {
        if index == truncated.index { return truncated.term }
        guard index > truncated.index else { throw .compacted }
        guard index <= lastIndex else { throw .unavailable }
        return kept[firstIndex.distance(to: index)].term
    }

    package func snapshot() throws(LogReadError) -> Snapshot { latestSnapshot }

    // MARK: Writing

    /// Replaces the hard state.
    package func setHardState(_ state: HardState) { hardState = state }

    /// The membership that a restart begins with: the one after the last applied configuration entry.
    package func setMembership(_ membership: Membership) { self.membership = membership }

    /// Replaces every entry from the first new one's index on. Entries that are compacted already are skipped.
    package func append(_ entries: [LogEntry]) throws(MemoryLogError) {
        let added = entries.drop { $0.index <= truncated.index }
        guard let first = added.first else { return }
        guard first.index <= lastIndex.next else { throw .outOfBounds }
        kept.removeSubrange(firstIndex.distance(to: first.index)...)
        kept.append(contentsOf: added)
    }

    /// Replaces the whole log by a snapshot.
    package func applySnapshot(_ snapshot: Snapshot) throws(MemoryLogError) {
        let current = latestSnapshot.metadata.position.index
        guard current == .zero || snapshot.metadata.position.index > current else { throw .snapshotOutOfDate }
        latestSnapshot = snapshot
        truncated = snapshot.metadata.position
        membership = snapshot.metadata.membership
        kept = []
    }

    /// Makes the snapshot that lagging replicas will be sent. Keeps the entries: `compact` drops them.
    @discardableResult
    package func createSnapshot(
        at index: LogIndex, membership: Membership, data: [UInt8]
    ) throws(MemoryLogError) -> Snapshot {
        guard index > latestSnapshot.metadata.position.index else { throw .snapshotOutOfDate }
        guard index <= lastIndex, let term = try? term(at: index) else { throw .outOfBounds }
        let position = LogPosition(term: term, index: index)
        latestSnapshot = Snapshot(metadata: SnapshotMetadata(position: position, membership: membership), data: data)
        return latestSnapshot
    }

    /// Drops entries up to and including `index`.
    package func compact(through index: LogIndex) throws(MemoryLogError) {
        guard index > truncated.index else { throw .compacted }
        guard index <= lastIndex, let term = try? term(at: index) else { throw .outOfBounds }
        kept.removeFirst(truncated.index.distance(to: index))
        truncated = LogPosition(term: term, index: index)
    }
}
