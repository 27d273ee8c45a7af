/// Reads and writes of one group's rows that nothing has written to disk yet: every read sees the writes made before
/// it.
///
/// Does not throw, so that applying an entry has no second way out. The first read that the disk refused is kept in
/// `failure`, reads after it answer as if there were no rows, and whoever applies must look at `failure` before it uses
/// `changes`.
package struct TableTransaction {
    private let base: any TableReader
    private var writes: [TableWrite] = []
    /// The first error a read met. The transaction must be thrown away and the group halted.
    package private(set) var failure: StorageError?

    package init(_ base: any TableReader) {
        self.base = base
    }

    /// What was written, each key once, in key order.
    package var changes: TableChanges {
        var changes = TableChanges()
        changes.writes = writes
        return changes
    }

    package mutating func put(_ value: [UInt8], for key: [UInt8], before: RowBefore = .unread) {
        write(value, for: key, before)
    }

    /// Removes a row; nothing happens when there is none.
    package mutating func delete(_ key: [UInt8], before: RowBefore = .unread) {
        write(nil, for: key, before)
    }

    /// The row's value with this transaction's writes in place; nil when there is none.
    package mutating func value(for key: [UInt8]) -> [UInt8]? {
        let place = position(of: key)
        if place < writes.count, writes[place].key == key { return writes[place].value }
        guard failure == nil else { return nil }
        do {
            return try base.value(for: key)
        } catch {
            failure = error
            return nil
        }
    }

    /// At most `limit` rows whose key begins with `prefix`, after `after` where given, in key order, with this
    /// transaction's writes in place.
    package mutating func rows(withPrefix prefix: [UInt8], after: [UInt8]? = nil, limit: Int = .max) -> [TableRow] {
        guard failure == nil, limit > 0 else { return [] }
        let first = after.map { max(position(of: prefix), position(after: $0)) } ?? position(of: prefix)
        let mine = writes[first...].prefix { $0.key.starts(with: prefix) }
        // Each deletion here may hide one stored row, so that many more are asked for.
        let hidden = mine.count { $0.value == nil }
        let (wanted, overflow) = limit.addingReportingOverflow(hidden)
        do {
            let stored = try base.rows(withPrefix: prefix, after: after, limit: overflow ? .max : wanted)
            return Self.merge(stored, mine, limit: limit)
        } catch {
            failure = error
            return []
        }
    }

    private static func merge(
        _ stored: [TableRow], _ mine: ArraySlice<TableWrite>, limit: Int
    ) -> [TableRow] {
        if mine.isEmpty { return Array(stored.prefix(limit)) }
        var merged: [TableRow] = []
        var (next, own) = (stored.startIndex, mine.startIndex)
        while merged.count < limit, next < stored.endIndex || own < mine.endIndex {
            if own == mine.endIndex || (next < stored.endIndex && bytesPrecede(stored[next].key, mine[own].key)) {
                merged.append(stored[next])
                next += 1
                continue
            }
            if next < stored.endIndex, stored[next].key == mine[own].key { next += 1 }
            if let value = mine[own].value { merged.append(TableRow(key: mine[own].key, value: value)) }
            own += 1
        }
        return merged
    }

    /// `before` is about the rows below; for a row that was written here already it is not asked.
    private mutating func write(_ value: [UInt8]?, for key: [UInt8], _ before: RowBefore) {
        let place = position(of: key)
        if place < writes.count, writes[place].key == key {
            writes[place].value = value
        } else {
            writes.insert(TableWrite(key: key, value: value, before: before), at: place)
        }
    }

    /// The first place whose key is not below `key`.
    private func position(of key: [UInt8]) -> Int {
        partition(count: writes.count) { bytesPrecede(writes[$0].key, key) }
    }

    private func position(after key: [UInt8]) -> Int {
        partition(count: writes.count) { !bytesPrecede(key, writes[$0].key) }
    }
}
