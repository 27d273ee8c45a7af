import KeyModel

/// The idempotency records of a group, decoded: found by principal and key, and known in the order of their log
/// indexes. Every command looks one up and makes one, so none of them may cost a read of the store.
struct IdempotencyLedger {
    private struct Name: Hashable {
        let principal: String
        let key: [UInt8]

        // Both are bytes to us; a string's own hash would look for equivalent Unicode.
        static func == (a: Self, b: Self) -> Bool { a.key == b.key && NameRules.same(a.principal, b.principal) }

        func hash(into hasher: inout Hasher) {
            key.withUnsafeBytes { hasher.combine(bytes: $0) }
            var principal = principal
            principal.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private final class Entry: Sendable {
        let record: IdempotencyRecord
        init(_ record: IdempotencyRecord) { self.record = record }
        var name: Name { Name(principal: record.principal, key: record.key) }
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
    mutating func add(_ record: IdempotencyRecord) {
        let entry = Entry(record)
        entries[entry.name] = entry
        order.append(entry)
    }

    mutating func remove(_ record: IdempotencyRecord) {
        let name = Name(principal: record.principal, key: record.key)
        guard let entry = entries[name], entry.record.index == record.index else { return }
        entries[name] = nil
        if head < order.count, order[head] === entry {
            head += 1
        } else {
            while head < order.count, !isKept(order[head]) { head += 1 }
        }
        if head > 1024, head > order.count / 2 {
            order.removeFirst(head)
            head = 0
        }
    }

    /// The oldest by log index.
    func oldest(limit: Int) -> [IdempotencyRecord] {
        var found: [IdempotencyRecord] = []
        var place = head
        while place < order.count, found.count < limit {
            if isKept(order[place]) { found.append(order[place].record) }
            place += 1
        }
        return found
    }

    private func isKept(_ entry: Entry) -> Bool { entries[entry.name] === entry }
}
