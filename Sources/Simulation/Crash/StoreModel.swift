import Raft
import Storage

/// What a node's store must hold, as plain values.
struct StoreModel: Equatable {
    /// One group of it.
    struct Group: Equatable {
        var hardState: HardState
        var membership: Membership
        /// The log begins after it.
        var truncated: LogPosition
        var applied: LogPosition
        var label: [UInt8]
        var entries: [LogEntry] = []
        var rows: [[UInt8]: [UInt8]] = [:]

        var last: UInt64 { truncated.index.rawValue + UInt64(entries.count) }

        /// The term of an entry that is in the log, or of the position before it.
        func term(at index: UInt64) -> Term {
            let place = Int(index - truncated.index.rawValue)
            return place == 0 ? truncated.term : entries[place - 1].term
        }
    }

    /// The ids that groups are made with.
    static let universe = (1...12).map { GroupID(UInt64($0)) }

    var identity: StoreIdentity?
    var facts: [[UInt8]: [UInt8]] = [:]
    var groups: [GroupID: Group] = [:]
    var removed: Set<GroupID> = []

    /// The groups in the order of their ids.
    var live: [GroupID] { groups.keys.sorted() }

    /// The first difference, in words.
    func difference(from other: StoreModel) -> String {
        if identity != other.identity { return "the identity differs" }
        if facts != other.facts { return "facts differ: \(facts.count) and \(other.facts.count)" }
        if removed != other.removed { return "removed groups differ: \(removed.count) and \(other.removed.count)" }
        if live != other.live { return "groups are \(live.map(\.rawValue)) and \(other.live.map(\.rawValue))" }
        for id in live {
            guard let mine = groups[id], let theirs = other.groups[id], mine != theirs else { continue }
            return "group \(id.rawValue): \(Self.difference(mine, theirs))"
        }
        return "nothing"
    }

    private static func difference(_ mine: Group, _ theirs: Group) -> String {
        if mine.hardState != theirs.hardState { return "hard state \(mine.hardState) and \(theirs.hardState)" }
        if mine.truncated != theirs.truncated { return "truncated \(mine.truncated) and \(theirs.truncated)" }
        if mine.applied != theirs.applied { return "applied \(mine.applied) and \(theirs.applied)" }
        if mine.last != theirs.last { return "last \(mine.last) and \(theirs.last)" }
        if mine.entries != theirs.entries { return "entries differ" }
        if mine.rows != theirs.rows { return "rows differ: \(mine.rows.count) and \(theirs.rows.count)" }
        return mine.membership != theirs.membership ? "membership differs" : "label differs"
    }
}

/// A store that answers something wrong.
struct WrongAnswer: Error {
    var text: String
}

extension StoreModel {
    /// Everything that can be read from a store. Throws a `StorageError` where it refuses and a `WrongAnswer` where it
    /// contradicts itself.
    init(reading store: RocksDBStore) throws {
        identity = store.identity
        for fact in try store.facts(withPrefix: []) { facts[fact.key] = fact.value }
        for stored in try store.groups() { groups[stored.group] = try Self.group(stored, in: store) }
        for id in Self.universe where groups[id] == nil {
            do {
                _ = try store.log(of: id)
                throw WrongAnswer(text: "group \(id.rawValue) has a log and is not listed")
            } catch StorageError.groupRemoved {
                removed.insert(id)
            } catch StorageError.noSuchGroup {
                continue
            }
        }
    }

    private static func group(_ stored: StoredGroup, in store: RocksDBStore) throws -> Group {
        let id = stored.group
        let log = try store.log(of: id)
        var group = Group(
            hardState: stored.hardState, membership: stored.membership, truncated: stored.truncated,
            applied: stored.applied, label: stored.label)
        let end = LogIndex(log.lastIndex.rawValue + 1)
        var next = log.firstIndex
        do {
            while next < end {
                let found = try log.entries(from: next, to: end, maxBytes: .max)
                guard let last = found.last else { throw WrongAnswer(text: "group \(id.rawValue) has a hole") }
                group.entries += found
                next = LogIndex(last.index.rawValue + 1)
            }
        } catch let error as LogReadError {
            // The store has called its handler, which ends a process.
            throw StorageError.damaged("an entry of group \(id.rawValue) cannot be read: \(error)")
        }
        guard group.last == log.lastIndex.rawValue else { throw WrongAnswer(text: "group \(id.rawValue) has a hole") }
        var digest = RowDigest()
        for row in try store.table(of: id).rows(withPrefix: [], after: nil, limit: .max) {
            group.rows[row.key] = row.value
            digest.add(key: row.key, value: row.value)
        }
        guard try digest.bytes == store.digest(of: id), try digest.bytes == store.recomputeDigest(of: id) else {
            throw WrongAnswer(text: "the digest of group \(id.rawValue) is not that of its rows")
        }
        return group
    }
}
