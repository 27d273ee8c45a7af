/// Rows sorted by key.
struct SortedRows: Sendable {
    private(set) var rows: [TableRow] = []
    private(set) var digest = RowDigest()

    func value(for key: [UInt8]) -> [UInt8]? {
        let place = position(of: key)
        return place < rows.count && rows[place].key == key ? rows[place].value : nil
    }

    /// Sets or removes a row and gives its former value.
    @discardableResult
    mutating func set(_ value: [UInt8]?, for key: [UInt8]) -> [UInt8]? {
        let place = position(of: key)
        let old = place < rows.count && rows[place].key == key ? rows[place].value : nil
        if let old { digest.remove(key: key, value: old) }
        if let value { digest.add(key: key, value: value) }
        switch (old, value) {
        case (nil, nil): break
        case (nil, let value?): rows.insert(TableRow(key: key, value: value), at: place)
        case (_?, nil): rows.remove(at: place)
        case (_?, let value?): rows[place].value = value
        }
        return old
    }

    func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) -> [TableRow] {
        var first = position(of: prefix)
        if let after {
            first = max(first, partition(count: rows.count) { !bytesPrecede(after, rows[$0].key) })
        }
        return Array(rows[first...].prefix { $0.key.starts(with: prefix) }.prefix(max(0, limit)))
    }

    private func position(of key: [UInt8]) -> Int {
        partition(count: rows.count) { bytesPrecede(rows[$0].key, key) }
    }
}

/// The rows of a group as they are now.
final class InMemoryTable: TableReader {
    private let group: InMemoryGroup

    init(_ group: InMemoryGroup) {
        self.group = group
    }

    func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? {
        guard !group.isRemoved else { throw .groupRemoved(group.id) }
        return group.table.value(for: key)
    }

    func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StorageError) -> [TableRow] {
        guard !group.isRemoved else { throw .groupRemoved(group.id) }
        return group.table.rows(withPrefix: prefix, after: after, limit: limit)
    }
}
