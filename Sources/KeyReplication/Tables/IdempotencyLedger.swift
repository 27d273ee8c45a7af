import KeyModel

/// The idempotency records of a group, decoded: found by principal and key, and known in the order of their log
/// indexes. Every command looks one up and makes one, so none of them may cost a read of the store.
struct IdempotencyLedger {
    private struct Name: Hashable {
        let principal: String
        let key: [UInt8]
        /// Computed once: a dictionary hashes neighbours again whenever one is removed.
        private let digest: Int

        init(principal: String, key: [UInt8]) {
            self.principal = principal
            self.key = key
            var hasher = Hasher()
            key.withUnsafeBytes { hasher.combine(bytes: $0) }
            // A string's own hash would look for equivalent Unicode.
            var text = principal
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            digest = hasher.finalize()
        }

        static func == (a: Self, b: Self) -> Bool {
            a.digest == b.digest && a.key == b.key && NameRules.same(a.principal, b.principal)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(digest) }
    }

    private final class Entry: Sendable {
        let record: IdempotencyRecord
        /// As it stands in the table.
        let row: [UInt8]
        let name: Name

        init(_ record: IdempotencyRecord, row: [UInt8]) {
            self.record = record
            self.row = row
            name = Name(principal: record.principal, key: record.key)
        }
    }

    private var entries: [Name: Entry] = [:]
    /// By log index. One that left out of turn stays here until the head has passed it.
    private var order: [Entry] = []
    private var head = 0

    var count: Int { entries.count }

    func record(principal: String, key: [UInt8]) -> IdempotencyRecord? {
        entries[Name(principal: principal, key: key)]?.record
    }

    /// Index above every earlier one, and no record for the same principal and key.
    mutating func add(_ record: IdempotencyRecord, row: [UInt8]) {
        let entry = Entry(record, row: row)
        entries[entry.name] = entry
        order.append(entry)
    }

    /// Gives back the record's row; nil when there is no such record.
    mutating func remove(_ record: IdempotencyRecord) -> [UInt8]? {
        let isOldest = head < order.count && order[head].record.index == record.index
        let name = isOldest ? order[head].name : Name(principal: record.principal, key: record.key)
        guard let entry = entries[name], entry.record.index == record.index else { return nil }
        entries[name] = nil
        while head < order.count, entries[order[head].name] !== order[head] { head += 1 }
        if head > 1024, head > order.count / 2 {
            order.removeFirst(head)
            head = 0
        }
        return entry.row
    }

    /// The oldest by log index. The head is never one that left.
    var oldest: IdempotencyRecord? { head < order.count ? order[head].record : nil }
}
