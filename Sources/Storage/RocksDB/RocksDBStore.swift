import Glibc
import Raft

/// A node's store on disk: one RocksDB, and beside it the durable mark. See docs/formats.md for every byte.
package final class RocksDBStore: NodeStore {
    /// Stores of another format are refused.
    package static let format: UInt32 = 2
    /// How many keys a slice of a long deletion has.
    static let slice = 1024

    package private(set) var identity: StoreIdentity?
    let options: RocksDBStoreOptions
    var live: [GroupID: RocksGroup]
    var removed: Set<GroupID>
    let batch = RocksBatch()
    /// Of what is on disk, with the batch that is being filled.
    var storeDigest: StoreDigest
    private var writtenDigest: RowDigest?
    /// Reused for every log record.
    var record: [UInt8] = []
    private let path: String
    private var open: RocksDatabase?
    private var hasFailed = false
    private let markFile: DurableMarkFile
    private var markSequence: UInt64
    /// Number of the last synced batch, and the one the mark tells of.
    private(set) var synced: UInt64
    private var marked: UInt64
    private var syncTime = SyncTime()
    /// By family, so that a small one goes on giving room back where there is none to merge a large one.
    private var compaction: [Column: CompactionRule]
    /// Groups whose removed rows may still be in the files: for want of room, or since a process ended too early.
    var unswept: [GroupID]

    /// Opens or makes the store in the directory. Throws `cannotOpen` when another process has it, `damaged` when bytes
    /// fail their checks, `lostAcknowledged` when the store is behind its durable mark and `options.inspects` is not
    /// set.
    package init(path: String, options: RocksDBStoreOptions = RocksDBStoreOptions()) throws(StorageError) {
        if let reason = options.files.makeDirectory(path) { throw .cannotOpen(path: path, reason: reason) }
        let markFile = DurableMarkFile(directory: path, files: options.files)
        let content = try markFile.read()
        let files = path + "/db"
        if !options.inspects { try RocksRecovery.checkPresence(of: files, content) }
        // Opening writes: a new log, and rows from the old one.
        let volume = StoreVolume(path: path)
        if let space = try? volume.space(), space.free < SpaceRule.full { volume.giveUpReserve() }
        if let space = try? volume.space(), space.free < StoreVolume.leastForOpening {
            throw .cannotOpen(
                path: path, reason: "its disk has \(space.free) bytes left, which is too little to open it")
        }
        // The files as they are: how much of them belongs to one family is known only when they are open, and then
        // they are being merged already.
        var rule = CompactionRule()
        if let space = options.space(volume) { rule.look(free: space.free, largest: volume.bytes(of: files)) }
        let database = try RocksDatabase(
            path: files, settings: options.settings, compacts: rule.isAllowed)
        let found = try RocksRecovery(database, options: options, content: content)
        self.path = path
        self.options = options
        compaction = Dictionary(uniqueKeysWithValues: Column.allCases.map { ($0, rule) })
        self.markFile = markFile
        open = database
        identity = found.identity
        live = found.groups
        removed = found.removed
        // Nobody wrote down which of them were rewritten. To look for rows that are not there costs next to nothing.
        unswept = found.removed.sorted()
        synced = found.synced
        storeDigest = found.digest
        writtenDigest = found.isNew ? nil : found.digest.total
        if case .mark(let mark, _) = content { markSequence = mark.sequence } else { markSequence = 0 }
        marked = 0
        for group in live.values { group.staging?.store = self }
        if found.isNew {
            set(.meta, RocksKeys.format, to: [UInt8](bigEndian: options.newFormat), database)
            try commit(sync: true)
        }
    }

    // MARK: - Writing

    /// Writes the batch and empties it. A failure ends the process: after it nothing is known about the disk. Returns
    /// how long the write itself took, in nanoseconds.
    @discardableResult
    func commit(sync: Bool) throws(StorageError) -> UInt64 {
        let database = try database()
        takeAlong(database)
        if sync {
            synced += 1
            batch.put(database.family(.meta), RocksKeys.batch, [UInt8](bigEndian: synced))
        }
        let began = SyncTime.now()
        let reason = database.write(batch, sync: sync)
        let time = SyncTime.now() - began
        batch.clear()
        if let reason { throw fail("a write to the store at \(path) failed: \(reason)") }
        if sync, let identity { markFile.note(synced, store: identity.store) }
        return time
    }

    func noteSync(_ time: UInt64) { syncTime.note(time) }

    package func takeSyncTime() -> UInt64? { syncTime.take() }

    /// Puts into the batch what each takes along: hard states that have waited for it, and the digest after it.
    private func takeAlong(_ database: RocksDatabase) {
        for group in live.values {
            if group.isHardStateUnwritten {
                group.isHardStateUnwritten = false
                set(.raft, RocksKeys.raft(group.id, .hardState), to: group.hardState.encoded, database)
            }
            if group.hasNewEnd {
                group.hasNewEnd = false
                storeDigest.setEnd(of: group)
            }
        }
        if storeDigest.total != writtenDigest {
            batch.put(database.family(.meta), RocksKeys.digest, storeDigest.total.bytes)
            writtenDigest = storeDigest.total
        }
    }

    /// Writes a small row in the batch, or deletes it, and changes the digest with it.
    func set(_ column: Column, _ key: [UInt8], to value: [UInt8]?, _ database: RocksDatabase) {
        let family = database.family(column)
        if let value { batch.put(family, key, value) } else { batch.delete(family, key) }
        storeDigest.set(column, key, to: value)
    }

    func fail(_ reason: String) -> StorageError {
        hasFailed = true
        options.terminate(reason)
        return .failed(reason)
    }

    func database() throws(StorageError) -> RocksDatabase {
        guard !hasFailed else { throw .failed("the store failed before") }
        guard let open else { throw .failed("the store is closed") }
        return open
    }

    /// Before what could take much room and may fail: snapshots on their way in, and new groups.
    func checkReserve() throws(StorageError) {
        guard try volume.space().free > options.softReserve else { throw .noSpace }
    }

    // MARK: - Identity and facts

    package func initialize(_ identity: StoreIdentity) throws(StorageError) {
        guard self.identity == nil else { throw .wrongIdentity("it has an identity already") }
        try identity.check()
        // The mark is first: an identity without a mark can then only mean that the mark was lost.
        if let reason = markFile.create(DurableMark(store: identity.store, batch: 0, groups: [])) {
            throw fail("the durable mark at \(path) cannot be made: \(reason)")
        }
        markSequence = 0
        set(.meta, RocksKeys.identity, to: identity.encoded, try database())
        try commit(sync: true)
        self.identity = identity
        try refreshMark()
    }

    package func setFact(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError) {
        set(.meta, RocksKeys.factPrefix + key, to: value, try database())
        try commit(sync: true)
    }

    package func fact(for key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try database().value(.meta, RocksKeys.factPrefix + key)
    }

    package func facts(withPrefix prefix: [UInt8]) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        let rows = try database().iterator(.meta)
        let wanted = RocksKeys.factPrefix + prefix
        var found: [(key: [UInt8], value: [UInt8])] = []
        rows.seek(wanted)
        while rows.isValid, rows.key.starts(with: wanted) {
            found.append(([UInt8](rows.key[RocksKeys.factPrefix.count...]), [UInt8](rows.value)))
            rows.next()
        }
        try rows.check()
        return found
    }

    // MARK: - Mark, space, end

    package func refreshMark() throws(StorageError) {
        guard let identity, synced > marked else { return }
        _ = try database()
        let groups = live.values.sorted { $0.id < $1.id }.map { group in
            DurableMark.Group(
                group: group.id, last: group.last, hash: group.head, term: group.hardState.term,
                vote: group.hardState.vote)
        }
        var mark = DurableMark(store: identity.store, batch: synced, groups: groups)
        markSequence += 1
        mark.sequence = markSequence
        if let reason = markFile.write(mark) { throw fail("the durable mark at \(path) cannot be written: \(reason)") }
        marked = synced
    }

    /// To be called where memory and disk agree again after a synced write.
    func refreshMarkIfDue() throws(StorageError) {
        if synced - marked >= options.batchesPerMark { try refreshMark() }
    }

    /// The disk under the store.
    package var volume: StoreVolume { StoreVolume(path: path) }

    package func weighCompaction() {
        // A disk that hangs here would hang at the next write as well.
        guard !hasFailed, let database = open else { return }
        // Where the room is not known it stays as it is.
        if let space = options.space(volume) {
            for (column, known) in compaction {
                var rule = known
                rule.look(free: space.free, largest: database.tableBytes(column))
                // Where it failed it is tried again at the next look.
                if rule != known, database.setCompaction(rule.isAllowed, of: column) { compaction[column] = rule }
            }
        }
        if compaction.values.allSatisfy(\.isAllowed) { sweepRemoved(database) }
    }

    /// Renews the mark, flushes and closes. Snapshot sources that are still held keep the files open until released.
    package func close() {
        if open != nil, !hasFailed {
            do {
                if live.values.contains(where: \.isHardStateUnwritten) { try commit(sync: true) }
                try refreshMark()
            } catch {
                // `fail` has spoken already; closing goes on.
            }
        }
        for group in live.values { group.staging = nil }
        open = nil
    }
}
