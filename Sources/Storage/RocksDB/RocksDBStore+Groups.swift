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
        let raft = database.family(.raft)
        batch.put(raft, RocksKeys.raft(group, .hardState), made.hardState.encoded)
        batch.put(raft, RocksKeys.raft(group, .label), label)
        putMembership(of: made, raft)
        putTruncated(of: made, raft)
        putApplied(of: made, raft)
        batch.put(raft, RocksKeys.raft(group, .rewritten), [UInt8](bigEndian: made.rewritten))
        try commit(sync: true)
        live[group] = made
        try refreshMarkIfDue()
    }

    package func removeGroup(_ group: GroupID) throws(StorageError) {
        let found = try find(group)
        let database = try database()
        let (start, end) = (RocksKeys.group(group), RocksKeys.end(of: group))
        let columns: [Column] = [.log, .raft, .state, .staged]
        for column in columns { batch.deleteRange(database.family(column), from: start, to: end) }
        batch.put(database.family(.meta), RocksKeys.tombstone(group), [])
        // Else the commit would put a row of the group behind its deletion.
        found.isHardStateUnwritten = false
        try commit(sync: true)
        found.isRemoved = true
        found.staging = nil
        live[group] = nil
        removed.insert(group)
        // Deleted is not gone: only a rewrite takes the bytes out of the files.
        for column in columns {
            if let reason = database.flush(column) { throw fail("a write to the store failed: \(reason)") }
            database.compact(column, from: start, to: end)
        }
        try refreshMarkIfDue()
    }

    package func log(of group: GroupID) throws(StorageError) -> any LogReader { try find(group) }

    package func table(of group: GroupID) throws(StorageError) -> any TableReader {
        RocksTable(try find(group), try database())
    }

    package func digest(of group: GroupID) throws(StorageError) -> [UInt8] { try find(group).digest.bytes }

    /// The digest as a full scan of the rows gives it; differs from `digest(of:)` only when the disk or this code is at
    /// fault.
    package func recomputeDigest(of group: GroupID) throws(StorageError) -> [UInt8] {
        try RocksSweep.digest(of: try find(group), in: try database()).bytes
    }

    func find(_ group: GroupID) throws(StorageError) -> RocksGroup {
        if let found = live[group] { return found }
        throw removed.contains(group) ? .groupRemoved(group) : .noSuchGroup(group)
    }

    // MARK: - Rows of the raft family

    func putMembership(of group: RocksGroup, _ raft: OpaquePointer) {
        batch.put(raft, RocksKeys.raft(group.id, .membership), group.membership.encoded)
    }

    /// The truncation point with the hash of the entry there.
    func putTruncated(of group: RocksGroup, head: [UInt8]? = nil, _ raft: OpaquePointer) {
        batch.put(raft, RocksKeys.raft(group.id, .truncated), group.truncated.encoded + (head ?? group.head))
    }

    func putApplied(of group: RocksGroup, _ raft: OpaquePointer) {
        let generation = [UInt8](bigEndian: group.generation)
        batch.put(raft, RocksKeys.raft(group.id, .applied), group.applied.encoded + generation + group.digest.bytes)
    }
}
