import KeyModel

/// The idempotency records of a group, decoded: found by principal and key, and known in the order of their log
/// indexes. Every command looks one up and makes one, so none of them may cost a read of the store.
struct IdempotencyLedger {
    private struct Name: Hashable {
        var principal: String
        var key: [UInt8]
    }

    private var records: [Name: IdempotencyRecord] = [:]
    /// By log index. Whoever left out of turn stays here until the head has passed.
    private var order: [(index: UInt64, name: Name)] = []
    private var head = 0

    var count: Int { records.count }

    func record(principal: String, key: [UInt8]) -> IdempotencyRecord? {
        records[Name(principal: principal, key: key)]
    }

    /// Index above every earlier one, and no record for the same principal and key.
    mutating func add(_ record: IdempotencyRecord) {
        let name = Name(principal: record.principal, key: record.key)
        records[name] = record
        order.append((record.index, name))
    }

    mutating func remove(_ record: IdempotencyRecord) {
        let name = Name(principal: record.principal, key: record.key)
        if records[name]?.index == record.index { records[name] = nil }
        while head < order.count, isGone(order[head]) { head += 1 }
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
            if let record = records[order[place].name], record.index == order[place].index { found.append(record) }
            place += 1
        }
        return found
    }

    private func isGone(_ place: (index: UInt64, name: Name)) -> Bool { records[place.name]?.index != place.index }
}
