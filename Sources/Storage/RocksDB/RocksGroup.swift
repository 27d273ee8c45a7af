import Raft

/// One group of a `RocksDBStore`: what of it is in memory, and its log as consensus reads it.
///
/// The store changes it right after the write that makes the change true on disk.
final class RocksGroup: LogReader {
    let id: GroupID
    let label: [UInt8]
    var hardState: HardState
    /// Whether the next batch must take the hard state along.
    var isHardStateUnwritten = false
    var membership: Membership
    /// The log begins after it.
    var truncated: LogPosition
    var applied: LogPosition
    /// Tells the rows in force from those of an image that is on its way in or out.
    var generation: UInt32
    var digest: RowDigest
    /// Number of the batch that last took back entries or replaced the log by a snapshot.
    var rewritten: UInt64
    var last: LogIndex
    /// Hash of the entry at `last`, or what stands for it.
    var head: [UInt8]
    /// Whether the next batch must take the end of the log along.
    var hasNewEnd = false
    var staging: RocksSnapshotStaging?
    var isRemoved = false

    /// Gone once the store is closed.
    private weak var database: RocksDatabase?
    private let cacheBytes: Int
    private let terminate: (String) -> Void
    /// Where each term of the kept log begins, ascending.
    private var runs: [(first: UInt64, term: Term)] = []
    /// The newest entries, contiguous up to `last`.
    private var cache: [LogEntry] = []
    private var cached = 0

    init(
        _ id: GroupID, label: [UInt8], hardState: HardState, membership: Membership, truncated: LogPosition,
        head: [UInt8], database: RocksDatabase, cacheBytes: Int, terminate: @escaping (String) -> Void
    ) {
        self.id = id
        self.label = label
        self.hardState = hardState
        self.membership = membership
        self.truncated = truncated
        self.head = head
        self.database = database
        self.cacheBytes = cacheBytes
        self.terminate = terminate
        applied = truncated
        generation = 1
        digest = RowDigest()
        rewritten = 0
        last = truncated.index
    }

    var stored: StoredGroup {
        StoredGroup(
            group: id, hardState: hardState, membership: membership, truncated: truncated, applied: applied,
            label: label)
    }

    // MARK: - LogReader

    var firstIndex: LogIndex { LogIndex(truncated.index.rawValue + 1) }
    var lastIndex: LogIndex { last }

    func initialState() -> (hardState: HardState, membership: Membership) { (hardState, membership) }

    func term(at index: LogIndex) throws(LogReadError) -> Term {
        if index == truncated.index { return truncated.term }
        guard index > truncated.index else { throw .compacted }
        guard index <= last else { throw .unavailable }
        let place = partition(count: runs.count) { runs[$0].first <= index.rawValue }
        guard place > 0 else { throw .unavailable }
        return runs[place - 1].term
    }

    func entries(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry] {
        guard lower > truncated.index else { throw .compacted }
        guard upper.rawValue <= last.rawValue + 1 else { throw .unavailable }
        guard lower < upper else { return [] }
        if let first = cache.first?.index, lower >= first {
            let start = Int(lower.rawValue - first.rawValue)
            return limitedPrefix(of: cache[start..<start + Int(upper.rawValue - lower.rawValue)], maxBytes: maxBytes)
        }
        return try stored(from: lower, to: upper, maxBytes: maxBytes)
    }

    func snapshot() throws(LogReadError) -> Snapshot {
        Snapshot(metadata: SnapshotMetadata(position: applied, membership: membership))
    }

    private func stored(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry] {
        guard let database else { throw .unavailable }
        let rows = database.iterator(.log)
        rows.seek(RocksKeys.log(id, lower.rawValue))
        var found: [LogEntry] = []
        var (wanted, total) = (lower.rawValue, UInt64(0))
        while wanted < upper.rawValue {
            guard rows.isValid, let record = LogRecord.decode(key: rows.key, value: rows.value),
                record.entry.index.rawValue == wanted
            else {
                // Consensus cannot work around a hole in what it acknowledged.
                terminate("entry \(wanted) of group \(id.rawValue) cannot be read back")
                throw .unavailable
            }
            total += UInt64(record.entry.payload.count)
            if total > maxBytes, !found.isEmpty { break }
            found.append(record.entry)
            wanted += 1
            rows.next()
        }
        return found
    }

    // MARK: - Changes

    /// Notes an entry at the end of the log.
    func note(_ entry: LogEntry, hash: [UInt8]) {
        if runs.last?.term != entry.term { runs.append((entry.index.rawValue, entry.term)) }
        moveEnd(to: entry.index, hash: hash)
        cache.append(entry)
        cached += entry.payload.count
        if cached > cacheBytes, cache.count > 1 { trimCache() }
    }

    /// Forgets the entries from `index` on; `hash` is that of the entry before.
    func forget(from index: LogIndex, hash: [UInt8]) {
        while let entry = cache.last, entry.index >= index {
            cached -= entry.payload.count
            cache.removeLast()
        }
        while let run = runs.last, run.first >= index.rawValue { runs.removeLast() }
        moveEnd(to: LogIndex(index.rawValue - 1), hash: hash)
    }

    /// Forgets the entries up to and including `position`.
    func forget(through position: LogPosition) {
        let kept = cache.first.map { first in
            position.index < first.index ? 0 : min(cache.count, Int(position.index.rawValue - first.index.rawValue) + 1)
        }
        if let kept, kept > 0 {
            cached -= cache[..<kept].reduce(0) { $0 + $1.payload.count }
            cache.removeFirst(kept)
        }
        let place = partition(count: runs.count) { runs[$0].first <= position.index.rawValue + 1 }
        if place > 1 { runs.removeFirst(place - 1) }
        if position.index >= last { runs = [] }
        truncated = position
    }

    /// Starts over after a snapshot.
    func restart(at position: LogPosition, head: [UInt8]) {
        (cache, cached, runs) = ([], 0, [])
        (truncated, applied) = (position, position)
        moveEnd(to: position.index, hash: head)
    }

    private func moveEnd(to index: LogIndex, hash: [UInt8]) {
        last = index
        head = hash
        hasNewEnd = true
    }

    /// Drops the older half at once, so that the cost per entry stays constant.
    private func trimCache() {
        var dropped = 0
        while cached > cacheBytes / 2, dropped < cache.count - 1 {
            cached -= cache[dropped].payload.count
            dropped += 1
        }
        cache.removeFirst(dropped)
    }
}

/// The rows of a group as they are now.
final class RocksTable: TableReader {
    private let group: RocksGroup
    /// Gone once the store is closed.
    private weak var database: RocksDatabase?

    init(_ group: RocksGroup, _ database: RocksDatabase) {
        self.group = group
        self.database = database
    }

    func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? {
        guard !group.isRemoved else { throw .groupRemoved(group.id) }
        guard let database else { throw .failed("the store is closed") }
        return try database.value(.state, RocksKeys.rows(group.id, group.generation) + key)
    }

    func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StorageError) -> [TableRow] {
        guard !group.isRemoved else { throw .groupRemoved(group.id) }
        guard limit > 0 else { return [] }
        guard let database else { throw .failed("the store is closed") }
        let base = RocksKeys.rows(group.id, group.generation)
        let rows = database.iterator(.state)
        // The first key behind `after` is `after` with a zero byte.
        if let after, !bytesPrecede(after, prefix) { rows.seek(base + after + [0]) } else { rows.seek(base + prefix) }
        let wanted = base + prefix
        var found: [TableRow] = []
        while rows.isValid, rows.key.starts(with: wanted), found.count < limit {
            found.append(TableRow(key: [UInt8](rows.key[base.count...]), value: [UInt8](rows.value)))
            rows.next()
        }
        try rows.check()
        return found
    }
}
