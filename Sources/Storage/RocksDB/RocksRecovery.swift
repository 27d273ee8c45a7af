import Glibc
import Raft

/// Reads a store from disk, checks it, and compares it with its durable mark.
struct RocksRecovery {
    private(set) var identity: StoreIdentity?
    private(set) var synced: UInt64 = 0
    private(set) var groups: [GroupID: RocksGroup] = [:]
    private(set) var removed: Set<GroupID> = []
    private(set) var isNew = false
    /// Of what is there.
    private(set) var digest = StoreDigest()
    private let database: RocksDatabase
    private let options: RocksDBStoreOptions

    /// Before the database is opened, which would make an empty one: whether it is there at all when it ought to be.
    static func checkPresence(of files: String, _ content: DurableMarkFile.Content) throws(StorageError) {
        guard case .mark(let mark, let noted) = content, max(mark.batch, noted ?? 0) > 0 else { return }
        guard access(files + "/CURRENT", F_OK) == 0 else {
            throw .lostAcknowledged("the durable mark is there, the database is not")
        }
    }

    init(
        _ database: RocksDatabase, options: RocksDBStoreOptions, content: DurableMarkFile.Content
    ) throws(StorageError) {
        self.database = database
        self.options = options
        try readMeta()
        for (id, rows) in try raftRows() { groups[id] = try group(id, rows) }
        for group in groups.values {
            try RocksLogRecovery.run(group, database)
            let known = group.last
            guard options.inspects || group.applied.index <= known else {
                throw .lostAcknowledged(
                    "group \(group.id.rawValue) applied \(group.applied.index.rawValue) and has \(known.rawValue)")
            }
            group.hasNewEnd = false
        }
        try verifyDigest()
        for group in groups.values {
            try RocksLogRecovery.dropLeftovers(of: group, database)
            try readStaging(of: group)
            try dropStrayRows(of: group)
            if options.verifiesRows { try verifyRows(of: group) }
        }
        if !options.inspects { try compare(with: content) }
    }

    // MARK: - Reading

    private mutating func readMeta() throws(StorageError) {
        if let bytes = try database.value(.meta, RocksKeys.format) {
            var reader = ByteReader(bytes)
            guard let format = reader.integer(UInt32.self) else { throw .damaged("the format number is unreadable") }
            guard format == RocksDBStore.format else {
                throw .cannotOpen(
                    path: "db", reason: "its format is \(format), and this program reads \(RocksDBStore.format) only")
            }
        } else {
            isNew = true
        }
        if let bytes = try database.value(.meta, RocksKeys.identity) {
            guard let found = StoreIdentity(encoded: bytes) else { throw .damaged("the identity is unreadable") }
            identity = found
        }
        if let bytes = try database.value(.meta, RocksKeys.batch) {
            synced = try integer(bytes)
        }
        let rows = database.iterator(.meta)
        rows.seek(RocksKeys.tombstonePrefix)
        while rows.isValid, rows.key.starts(with: RocksKeys.tombstonePrefix) {
            removed.insert(GroupID(try integer([UInt8](rows.key[RocksKeys.tombstonePrefix.count...]))))
            rows.next()
        }
        try rows.check()
    }

    private func raftRows() throws(StorageError) -> [GroupID: [UInt8: [UInt8]]] {
        let rows = database.iterator(.raft)
        var found: [GroupID: [UInt8: [UInt8]]] = [:]
        rows.seek([])
        while rows.isValid {
            guard rows.key.count == 9 else { throw .damaged("a consensus row has a strange key") }
            found[GroupID(rows.key.bigEndian(at: 0, as: UInt64.self)), default: [:]][rows.key[8]] = [UInt8](rows.value)
            rows.next()
        }
        try rows.check()
        return found
    }

    private func group(_ id: GroupID, _ rows: [UInt8: [UInt8]]) throws(StorageError) -> RocksGroup {
        func row(_ tag: RocksKeys.Tag) -> [UInt8] { rows[tag.rawValue] ?? [] }
        var (truncation, state) = (ByteReader(row(.truncated)), ByteReader(row(.applied)))
        guard let hardState = HardState(encoded: row(.hardState)),
            let membership = Membership(encoded: row(.membership)),
            let truncated = LogPosition(from: &truncation), let head = truncation.take(LogRecord.hashSize),
            let applied = LogPosition(from: &state), let generation = state.integer(UInt32.self),
            let digest = state.take(32).flatMap({ RowDigest($0) }), state.isAtEnd, applied.index >= truncated.index
        else { throw .damaged("the consensus rows of group \(id.rawValue) are unreadable") }
        let group = RocksGroup(
            id, label: row(.label), hardState: hardState, membership: membership, truncated: truncated, head: head,
            database: database, cacheBytes: options.logCacheBytes, terminate: options.terminate)
        group.applied = applied
        group.generation = generation
        group.digest = digest
        group.rewritten = try integer(row(.rewritten))
        return group
    }

    private func readStaging(of group: RocksGroup) throws(StorageError) {
        guard let bytes = try database.value(.staged, RocksKeys.stagedDescriptor(group.id)) else {
            // Chunks of a transfer that ended are not those of the next one.
            let chunks = RocksKeys.stagedChunks(group.id)
            if let reason = try RocksSweep.delete(.staged, prefix: chunks, in: database) { throw .failed(reason) }
            return
        }
        guard let descriptor = SnapshotDescriptor(encoded: bytes) else {
            throw .damaged("the staged snapshot of group \(group.id.rawValue) is unreadable")
        }
        let staging = RocksSnapshotStaging(group, descriptor)
        try staging.resume(database)
        group.staging = staging
    }

    // MARK: - Checking

    /// Whether every batch before the newest one is there.
    private mutating func verifyDigest() throws(StorageError) {
        digest = try StoreDigest(of: database, groups.values)
        let row = try database.value(.meta, RocksKeys.digest)
        // A store of which nothing was written has none yet.
        let kept = isNew && row == nil ? RowDigest() : row.flatMap { RowDigest($0) }
        guard kept == digest.total || options.inspects else {
            throw .lostAcknowledged(
                kept == nil
                    ? "the store digest is not there"
                    : "what is there does not match the store digest: a batch before the newest one is missing")
        }
        // Whoever inspects may write, and must not make good what is not.
        digest.goOn(from: kept ?? RowDigest())
    }

    /// Removes rows of images that were swapped out or never got ready.
    private func dropStrayRows(of group: RocksGroup) throws(StorageError) {
        let kept = Set([group.generation, group.staging?.ready?.generation ?? group.generation])
        let rows = database.iterator(.state)
        rows.seek(RocksKeys.group(group.id))
        while rows.isValid, rows.key.starts(with: RocksKeys.group(group.id)), rows.key.count >= 12 {
            let generation = rows.key.bigEndian(at: 8, as: UInt32.self)
            if !kept.contains(generation) {
                let prefix = RocksKeys.rows(group.id, generation)
                if let reason = try RocksSweep.delete(.state, prefix: prefix, in: database) {
                    throw .failed(reason)
                }
            }
            guard generation < .max else { break }
            rows.seek(RocksKeys.rows(group.id, generation + 1))
        }
        try rows.check()
    }

    private func verifyRows(of group: RocksGroup) throws(StorageError) {
        guard try RocksSweep.digest(of: group.id, generation: group.generation, in: database) == group.digest else {
            throw .damaged("the rows of group \(group.id.rawValue) do not match their digest")
        }
        guard let ready = group.staging?.ready else { return }
        guard try RocksSweep.digest(of: group.id, generation: ready.generation, in: database) == ready.digest else {
            throw .damaged("the staged rows of group \(group.id.rawValue) do not match their digest")
        }
    }

    private func compare(with content: DurableMarkFile.Content) throws(StorageError) {
        let mark: DurableMark
        let noted: UInt64?
        switch (content, identity) {
        case (.absent, nil): return
        case (.absent, _?): throw .lostAcknowledged("the durable mark is missing")
        case (.unreadable, _): throw .lostAcknowledged("the durable mark is unreadable")
        case (.mark(let found, let number), _):
            mark = found
            noted = number
        }
        guard let identity else {
            if mark.batch == 0, noted == nil { return }
            throw .lostAcknowledged("the database is empty and once was not")
        }
        guard mark.store == identity.store else { throw .lostAcknowledged("the durable mark is of another store") }
        let acknowledged = max(mark.batch, noted ?? 0)
        guard synced >= acknowledged else {
            throw .lostAcknowledged("the last batch is \(synced) and was \(acknowledged)")
        }
        for known in mark.groups { try compare(known, at: mark.batch) }
    }

    private func compare(_ known: DurableMark.Group, at batch: UInt64) throws(StorageError) {
        if removed.contains(known.group) { return }
        let name = "group \(known.group.rawValue)"
        guard let group = groups[known.group] else { throw .lostAcknowledged("\(name) is gone") }
        let state = group.hardState
        guard state.term >= known.term,
            state.term > known.term || known.vote == .none || state.vote == known.vote
        else { throw .lostAcknowledged("\(name) forgot its vote") }
        // After a conflict or a snapshot the log may rightly be another one.
        if group.rewritten > batch { return }
        guard group.last >= known.last else {
            throw .lostAcknowledged("\(name) ends at \(group.last.rawValue) and once had \(known.last.rawValue)")
        }
        guard known.last > group.truncated.index else { return }
        let key = RocksKeys.log(known.group, known.last.rawValue)
        guard let value = try database.value(.log, key) else { throw .damaged("\(name) has a hole in its log") }
        let hash = key.withUnsafeBytes { key in value.withUnsafeBytes { LogRecord.hash(key: key, value: $0) } }
        guard hash == known.hash else { throw .lostAcknowledged("\(name) has another entry than it acknowledged") }
    }

    private func integer(_ bytes: [UInt8]) throws(StorageError) -> UInt64 {
        var reader = ByteReader(bytes)
        guard let value = reader.integer(UInt64.self), reader.isAtEnd else { throw .damaged("a number is unreadable") }
        return value
    }
}

/// Walks a group's log at start: every record whole, in its place, and chained to the one before.
enum RocksLogRecovery {
    static func run(_ group: RocksGroup, _ database: RocksDatabase) throws(StorageError) {
        let rows = database.iterator(.log)
        let prefix = RocksKeys.group(group.id)
        rows.seek(RocksKeys.log(group.id, group.truncated.index.rawValue + 1))
        while rows.isValid, rows.key.starts(with: prefix) {
            guard let record = LogRecord.decode(key: rows.key, value: rows.value) else {
                throw .damaged("an entry of group \(group.id.rawValue) fails its checksum")
            }
            guard record.entry.index.rawValue == group.last.rawValue + 1, record.previous == group.head else {
                throw .damaged("the log of group \(group.id.rawValue) has a break after \(group.last.rawValue)")
            }
            group.note(record.entry, hash: LogRecord.hash(key: rows.key, value: rows.value))
            rows.next()
        }
        try rows.check()
    }

    /// A compaction that a crash cut short leaves entries below the first one kept.
    static func dropLeftovers(of group: RocksGroup, _ database: RocksDatabase) throws(StorageError) {
        let first = RocksKeys.log(group.id, group.truncated.index.rawValue + 1)
        if let reason = try RocksSweep.delete(.log, prefix: RocksKeys.group(group.id), before: first, in: database) {
            throw .failed(reason)
        }
    }
}
