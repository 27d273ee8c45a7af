package import Raft

extension RocksDBStore {
    package func groups() throws(StorageError) -> [StoredGroup] {
        _ = try database()
        return live.values.map(\.stored).sorted { $0.group < $1.group }
    }

    package func createGroup(
        _ group: GroupID, membership: Membership, at position: LogPosition, label: [UInt8]
    ) throws(StorageError) {
        guard !removed.contains(group) else { throw .groupRemoved(group) }
        guard live[group] == nil else { throw .groupExists(group) }
        let database = try database()
        try checkReserve()
        let head = LogRecord.hash(ofSnapshotAt: position, group: group)
        let made = RocksGroup(
            group, label: label, hardState: HardState(term: position.term, commit: position.index),
            membership: membership, truncated: position, head: head, database: database,
            cacheBytes: options.logCacheBytes, terminate: options.terminate)
        made.rewritten = synced + 1
        put(.hardState, of: made, made.hardState.encoded, database)
        put(.label, of: made, label, database)
        putMembership(of: made, database)
        putTruncated(of: made, database)
        putApplied(of: made, database)
        putRewritten(of: made, database)
        storeDigest.setEnd(of: made)
        try commit(sync: true)
        live[group] = made
        try refreshMarkIfDue()
    }

    package func removeGroup(_ group: GroupID) throws(StorageError) {
        let found = try find(group)
        let database = try database()
        let (start, end) = (RocksKeys.group(group), RocksKeys.end(of: group))
        for column in Self.groupColumns { batch.deleteRange(database.family(column), from: start, to: end) }
        storeDigest.remove(group)
        set(.meta, RocksKeys.tombstone(group), to: [], database)
        // Else the commit would put a row of the group behind its deletion.
        found.isHardStateUnwritten = false
        found.hasNewEnd = false
        try commit(sync: true)
        found.isRemoved = true
        found.staging = nil
        live[group] = nil
        removed.insert(group)
        for column in Self.groupColumns {
            if let reason = database.flush(column) { throw fail("a write to the store failed: \(reason)") }
        }
        unswept.append(group)
        weighCompaction()
        try refreshMarkIfDue()
    }

    /// Where the rows of a group are.
    private static var groupColumns: [Column] { [.log, .raft, .state, .staged] }

    /// Deleted is not gone: only a rewrite takes the bytes out of the files. It writes as much as it reads, so where
    /// there is no room for that it waits until there is.
    func sweepRemoved(_ database: RocksDatabase) {
        for group in unswept {
            for column in Self.groupColumns {
                database.compact(column, from: RocksKeys.group(group), to: RocksKeys.end(of: group))
            }
        }
        unswept = []
    }

    package func log(of group: GroupID) throws(StorageError) -> any LogReader { try find(group) }

    package func table(of group: GroupID) throws(StorageError) -> any TableReader {
        RocksTable(try find(group), try database())
    }

    package func digest(of group: GroupID) throws(StorageError) -> [UInt8] { try find(group).digest.bytes }

    /// The digest as a full scan of the rows gives it; differs from `digest(of:)` only when the disk or this code is at
    /// fault.
    package func recomputeDigest(of group: GroupID) throws(StorageError) -> [UInt8] {
        let generation = try find(group).generation
        return try RocksSweep.digest(of: group, generation: generation, in: try database()).bytes
    }

    func find(_ group: GroupID) throws(StorageError) -> RocksGroup {
        if let found = live[group] { return found }
        throw removed.contains(group) ? .groupRemoved(group) : .noSuchGroup(group)
    }

    // MARK: - Rows of the raft family

    func put(_ tag: RocksKeys.Tag, of group: RocksGroup, _ value: [UInt8], _ database: RocksDatabase) {
        set(.raft, RocksKeys.raft(group.id, tag), to: value, database)
    }

    func putMembership(of group: RocksGroup, _ database: RocksDatabase) {
        put(.membership, of: group, group.membership.encoded, database)
    }

    /// The truncation point with the hash of the entry there.
    func putTruncated(of group: RocksGroup, head: [UInt8]? = nil, _ database: RocksDatabase) {
        put(.truncated, of: group, group.truncated.encoded + (head ?? group.head), database)
    }

    func putApplied(of group: RocksGroup, _ database: RocksDatabase) {
        let generation = [UInt8](bigEndian: group.generation)
        put(.applied, of: group, group.applied.encoded + generation + group.digest.bytes, database)
    }

    func putRewritten(of group: RocksGroup, _ database: RocksDatabase) {
        put(.rewritten, of: group, [UInt8](bigEndian: group.rewritten), database)
    }
}
