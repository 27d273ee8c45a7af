package import Storage

/// Typed rows over a transaction. A row that cannot be read is remembered in `damage`; whoever applies must stop the
/// group then.
package struct StoredRows {
    package var transaction: TableTransaction
    package private(set) var damage: String?

    /// Over nothing: the transaction is swapped in, so that its writes are never copied.
    package init() { transaction = TableTransaction(NoRows()) }

    mutating func row<Row: StoredRow>(_ key: [UInt8], as type: Row.Type = Row.self) -> Row? {
        transaction.value(for: key).flatMap { decode($0) }
    }

    mutating func put(_ row: some StoredRow, at key: [UInt8]) { put(row.bytes, at: key) }
    mutating func put(_ bytes: [UInt8], at key: [UInt8], before: RowBefore = .unread) {
        transaction.put(bytes, for: key, before: before)
    }
    mutating func delete(_ key: [UInt8], before: RowBefore = .unread) { transaction.delete(key, before: before) }

    mutating func rows<Row: StoredRow>(_ kind: RowKey.Kind, after: [UInt8]? = nil, limit: Int = .max) -> [Row] {
        transaction.rows(withPrefix: [kind.rawValue], after: after, limit: limit).compactMap { decode($0.value) }
    }

    // MARK: - Buckets of rows by name

    mutating func bucket<Row: StoredRow>(_ key: [UInt8]) -> [Row] {
        guard let bucket: Bucket = row(key) else { return [] }
        return bucket.rows.compactMap { decode($0) }
    }

    mutating func setBucket<Row: StoredRow>(_ rows: [Row], at key: [UInt8]) {
        if rows.isEmpty { delete(key) } else { put(Bucket(rows: rows.map(\.bytes)), at: key) }
    }

    /// Puts the row in place of the one that `isSame`, or behind the others.
    mutating func put<Row: StoredRow>(_ row: Row, inBucket key: [UInt8], where isSame: (Row) -> Bool) {
        var rows: [Row] = bucket(key)
        if let place = rows.firstIndex(where: isSame) { rows[place] = row } else { rows.append(row) }
        setBucket(rows, at: key)
    }

    mutating func buckets<Row: StoredRow>(_ kind: RowKey.Kind) -> [Row] {
        let buckets: [Bucket] = rows(kind)
        return buckets.flatMap { $0.rows.compactMap { decode($0) } }
    }

    // MARK: - Counters

    mutating func counter(_ kind: RowKey.Kind) -> Int64 {
        row(RowKey.single(kind), as: Counter.self)?.value ?? 0
    }

    mutating func setCounter(_ value: Int64, _ kind: RowKey.Kind) {
        put(Counter(value: value), at: RowKey.single(kind))
    }

    private mutating func decode<Row: StoredRow>(_ bytes: [UInt8]) -> Row? {
        do throws(CodecError) {
            return try Row(bytes: bytes)
        } catch {
            damage = damage ?? "a stored row cannot be read: \(error.reason)"
            return nil
        }
    }
}

/// A table without rows.
package struct NoRows: TableReader {
    package init() {}
    package func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? { nil }
    package func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StorageError) -> [TableRow] { [] }
}
