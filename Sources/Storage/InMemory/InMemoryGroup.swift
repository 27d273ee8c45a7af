import Raft

/// One group's log and table in memory.
final class InMemoryGroup: LogReader {
    let id: GroupID
    let label: [UInt8]
    var hardState: HardState
    var membership: Membership
    var truncated: LogPosition
    var applied: LogPosition
    var log: [LogEntry] = []
    var table = SortedRows()
    var staging: InMemoryStaging?
    var isRemoved = false

    init(_ id: GroupID, membership: Membership, at position: LogPosition, label: [UInt8]) {
        self.id = id
        self.label = label
        self.membership = membership
        hardState = HardState(term: position.term, commit: position.index)
        truncated = position
        applied = position
    }

    /// The group as it is now, without what is staged.
    func copy() -> InMemoryGroup {
        let copy = InMemoryGroup(id, membership: membership, at: truncated, label: label)
        copy.hardState = hardState
        copy.applied = applied
        copy.log = log
        copy.table = table
        return copy
    }

    var stored: StoredGroup {
        StoredGroup(
            group: id, hardState: hardState, membership: membership, truncated: truncated, applied: applied,
            label: label)
    }

    var firstIndex: LogIndex { LogIndex(truncated.index.rawValue + 1) }
    var lastIndex: LogIndex { LogIndex(truncated.index.rawValue + UInt64(log.count)) }

    func initialState() -> (hardState: HardState, membership: Membership) { (hardState, membership) }

    func entries(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry] {
        guard lower >= firstIndex else { throw .compacted }
        guard upper <= LogIndex(lastIndex.rawValue + 1) else { throw .unavailable }
        guard lower < upper else { return [] }
        let start = Int(lower.rawValue - firstIndex.rawValue)
        return limitedPrefix(of: log[start..<start + Int(upper.rawValue - lower.rawValue)], maxBytes: maxBytes)
    }

    func term(at index: LogIndex) throws(LogReadError) -> Term {
        if index == truncated.index { return truncated.term }
        guard index > truncated.index else { throw .compacted }
        guard index <= lastIndex else { throw .unavailable }
        return log[Int(index.rawValue - firstIndex.rawValue)].term
    }

    func snapshot() throws(LogReadError) -> Snapshot {
        Snapshot(metadata: SnapshotMetadata(position: applied, membership: membership))
    }

    /// Replaces everything from the first entry's index on.
    func replace(with entries: [LogEntry]) {
        guard let first = entries.first else { return }
        log.removeSubrange(Int(first.index.rawValue - firstIndex.rawValue)...)
        log += entries
    }

    func dropLog(through index: LogIndex) throws(LogReadError) {
        let term = try term(at: index)
        log.removeFirst(Int(index.rawValue - truncated.index.rawValue))
        truncated = LogPosition(term: term, index: index)
    }
}

/// As many entries as fit into `maxBytes` of payload, at least one.
func limitedPrefix(of entries: ArraySlice<LogEntry>, maxBytes: UInt64) -> [LogEntry] {
    var total: UInt64 = 0
    var end = entries.startIndex
    while end < entries.endIndex {
        total += UInt64(entries[end].payload.count)
        if total > maxBytes, end > entries.startIndex { break }
        end += 1
    }
    return Array(entries[entries.startIndex..<end])
}
