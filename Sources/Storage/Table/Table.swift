/// Reads one group's rows. Keys are ordered as bytes.
package protocol TableReader {
    func value(for key: [UInt8]) throws(StorageError) -> [UInt8]?
    /// At most `limit` rows whose key begins with `prefix`, after `after` where given, in key order.
    func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StorageError) -> [TableRow]
}

/// One row of a group's table.
package struct TableRow: Hashable, Sendable {
    package var key: [UInt8]
    package var value: [UInt8]

    package init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// The net effect of a transaction: each key at most once, in key order; a nil value deletes.
package struct TableChanges: Hashable, Sendable {
    package var writes: [(key: [UInt8], value: [UInt8]?)] = []

    package init() {}

    package static func == (a: TableChanges, b: TableChanges) -> Bool {
        a.writes.elementsEqual(b.writes) { $0.key == $1.key && $0.value == $1.value }
    }

    package func hash(into hasher: inout Hasher) {
        for write in writes {
            hasher.combine(write.key)
            hasher.combine(write.value)
        }
    }
}
