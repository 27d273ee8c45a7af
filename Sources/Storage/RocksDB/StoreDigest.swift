import Raft

/// The running digest of everything in a store that a batch could take along unnoticed when it is lost.
///
/// RocksDB can take a damaged length in an older WAL or in the MANIFEST for the end of what was written there, and go
/// on with what comes after: the newest batch is there and one before it is not. So every batch carries the digest of
/// the small rows as they are after it, and of where each log ends. Entries hang on the end of their log by their
/// hashes, rows of tables on the digest in their group's `applied` row.
///
/// The digest is a `RowDigest`: a batch costs a hash for each covered row that it changes.
struct StoreDigest {
    private(set) var total = RowDigest()
    /// What each row adds to the total, so that an old value need not be read again.
    private var shares: [[UInt8]: RowDigest] = [:]

    /// Takes a row's new value into the digest, nil when it is deleted. A row that is not covered changes nothing.
    mutating func set(_ column: Column, _ key: [UInt8], to value: [UInt8]?) {
        guard Self.covers(column, key) else { return }
        replace(Self.name(column, key), by: value)
    }

    /// Takes in where a group's log ends.
    mutating func setEnd(of group: RocksGroup) {
        replace(Self.end(group.id), by: [UInt8](bigEndian: group.last.rawValue) + group.head)
    }

    /// Takes out everything about a group.
    mutating func remove(_ group: GroupID) {
        for tag in RocksKeys.Tag.allCases { set(.raft, RocksKeys.raft(group, tag), to: nil) }
        for key in RocksKeys.stagedRows(group) { set(.staged, key, to: nil) }
        replace(Self.end(group), by: nil)
    }

    /// Goes on from a digest that was found on disk, whatever was found beside it.
    mutating func goOn(from found: RowDigest) { total = found }

    private mutating func replace(_ name: [UInt8], by value: [UInt8]?) {
        let share = value.map { RowDigest(key: name, value: $0) }
        let old = share.map { shares.updateValue($0, forKey: name) } ?? shares.removeValue(forKey: name)
        if let old { total.remove(old) }
        if let share { total.add(share) }
    }

    /// Chunks of snapshots have a checksum of their own, and the number of the last synced batch is held against the
    /// durable mark.
    private static func covers(_ column: Column, _ key: [UInt8]) -> Bool {
        switch column {
        case .meta: key != RocksKeys.batch && key != RocksKeys.digest
        case .raft: true
        case .staged: key.count == RocksKeys.stagedRowSize
        case .log, .state, .unused: false
        }
    }

    /// Keys are unique in their family only.
    private static func name(_ column: Column, _ key: [UInt8]) -> [UInt8] { [UInt8(column.rawValue)] + key }

    private static func end(_ group: GroupID) -> [UInt8] { name(.log, RocksKeys.group(group)) }
}

extension StoreDigest {
    /// Of the rows that are there and the logs as they were read.
    init(of database: RocksDatabase, _ groups: some Sequence<RocksGroup>) throws(StorageError) {
        for column in [Column.meta, .raft] {
            let rows = database.iterator(column)
            rows.seek([])
            while rows.isValid {
                set(column, [UInt8](rows.key), to: [UInt8](rows.value))
                rows.next()
            }
            try rows.check()
        }
        for group in groups {
            for key in RocksKeys.stagedRows(group.id) { set(.staged, key, to: try database.value(.staged, key)) }
            setEnd(of: group)
        }
    }
}
