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
    package var writes: [TableWrite] = []

    package init() {}
}

/// One row written; a nil value deletes.
package struct TableWrite: Hashable, Sendable {
    package var key: [UInt8]
    package var value: [UInt8]?
    package var before: RowBefore

    package init(key: [UInt8], value: [UInt8]?, before: RowBefore = .unread) {
        self.key = key
        self.value = value
        self.before = before
    }
}

/// What the writer knows of a row that it writes: a store needs the old value for its digest, and reads it where nobody
/// says. It must be true: a wrong one spoils the digest.
package enum RowBefore: Hashable, Sendable {
    case unread
    case absent
    case value([UInt8])
}
