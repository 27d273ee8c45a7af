import Raft

/// Long walks over a column family: deleting in slices, digesting.
enum RocksSweep {
    /// Deletes the keys with the prefix, below `end` where given, by point deletions in slices, not synced. The reason
    /// when a write failed.
    static func delete(
        _ column: Column, prefix: [UInt8], before end: [UInt8]? = nil, in database: RocksDatabase
    ) throws(StorageError) -> String? {
        let rows = database.iterator(column)
        let batch = RocksBatch()
        var pending = 0
        rows.seek(prefix)
        while rows.isValid, rows.key.starts(with: prefix) {
            let key = [UInt8](rows.key)
            if let end, !bytesPrecede(key, end) { break }
            batch.delete(database.family(column), key)
            pending += 1
            if pending == RocksDBStore.slice {
                if let reason = database.write(batch, sync: false) { return reason }
                batch.clear()
                pending = 0
            }
            rows.next()
        }
        try rows.check()
        return pending > 0 ? database.write(batch, sync: false) : nil
    }

    /// Of the rows of one generation.
    static func digest(
        of group: GroupID, generation: UInt32, in database: RocksDatabase
    ) throws(StorageError) -> RowDigest {
        let prefix = RocksKeys.rows(group, generation)
        let rows = database.iterator(.state)
        var digest = RowDigest()
        rows.seek(prefix)
        while rows.isValid, rows.key.starts(with: prefix) {
            digest.add(key: UnsafeRawBufferPointer(rebasing: rows.key[prefix.count...]), value: rows.value)
            rows.next()
        }
        try rows.check()
        return digest
    }
}
