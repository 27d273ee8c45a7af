import Raft
import Storage

extension CrashWorkload {
    /// Entries for one to three groups in one call, at the end of their logs or over a conflicting tail.
    mutating func append(rewriting: Bool) throws {
        var after = memory
        var appends: [GroupAppend] = []
        for _ in 0...random.draw(below: 3) {
            let picked = pick { !rewriting || $0.firstRewritable <= $0.last }
            guard let id = picked, var group = after.groups[id], !appends.contains(where: { $0.group == id }) else {
                continue
            }
            var first = group.last + 1
            if rewriting {
                group.hardState.term = Term(group.hardState.term.rawValue + 1)
                group.hardState.vote = .none
                first -= 1 + UInt64(random.draw(below: Int(group.last - group.firstRewritable) + 1))
            }
            let entries = self.entries(from: first, term: max(group.hardState.term, Term(1)))
            group.hardState.term = max(group.hardState.term, Term(1))
            group.entries.removeLast(Int(group.last - (first - 1)))
            group.entries += entries
            if chance(40) { advanceCommit(of: &group) }
            let state = group.hardState == after.groups[id]?.hardState ? nil : group.hardState
            after.groups[id] = group
            appends.append(GroupAppend(group: id, hardState: state, entries: entries))
        }
        expect(after)
        try running().append(appends)
        acknowledge(synced: true)
    }

    private mutating func entries(from first: UInt64, term: Term) -> [LogEntry] {
        let sizes = chance(5) ? 12_000 : 700
        return (0...UInt64(random.draw(below: 10))).map { offset in
            let kind = chance(4) ? EntryKind.configurationChangeV2 : .normal
            return LogEntry(
                term: term, index: LogIndex(first + offset), kind: kind, payload: bytes(random.draw(below: sizes)))
        }
    }

    private mutating func advanceCommit(of group: inout StoreModel.Group) {
        let commit = group.hardState.commit.rawValue
        guard commit < group.last else { return }
        group.hardState.commit = LogIndex(commit + 1 + UInt64(random.draw(below: Int(group.last - commit))))
    }

    /// A new term with a vote: what may never be taken back.
    mutating func vote() throws {
        guard let id = pick(), var group = memory.groups[id] else { return }
        group.hardState.term = Term(group.hardState.term.rawValue + 1 + UInt64(random.draw(below: 3)))
        group.hardState.vote = ReplicaID(UInt64(1 + random.draw(below: 5)) << 16 | 1)
        var after = memory
        after.groups[id] = group
        expect(after)
        try running().append([GroupAppend(group: id, hardState: group.hardState)])
        acknowledge(synced: true)
    }

    /// A commit index alone: it goes to disk with the next batch, whatever that is.
    mutating func commit() throws {
        guard let id = pick({ $0.hardState.commit.rawValue < $0.last }), var group = memory.groups[id] else { return }
        advanceCommit(of: &group)
        try running().append([GroupAppend(group: id, hardState: group.hardState)])
        memory.groups[id] = group
    }

    mutating func compact() throws {
        let picked = pick { $0.truncated.index < $0.applied.index }
        guard let id = picked, var group = memory.groups[id] else { return }
        let (first, last) = (group.truncated.index.rawValue, group.applied.index.rawValue)
        let index = first + 1 + UInt64(random.draw(below: Int(last - first)))
        let term = group.term(at: index)
        group.entries.removeFirst(Int(index - first))
        group.truncated = LogPosition(term: term, index: LogIndex(index))
        var after = memory
        after.groups[id] = group
        expect(after)
        try running().compact(id, through: LogIndex(index))
        acknowledge(synced: true)
    }

    /// Rows of one or two groups; now and then the same group twice in a call.
    mutating func apply() throws {
        var after = memory
        var applies: [GroupApply] = []
        for _ in 0...random.draw(below: 2) {
            let picked = pick { $0.applied.index < $0.hardState.commit }
            guard let id = picked, var group = after.groups[id], group.applied.index < group.hardState.commit else {
                continue
            }
            let changes = self.changes(of: &group)
            let from = group.applied.index.rawValue
            let index = from + 1 + UInt64(random.draw(below: Int(group.hardState.commit.rawValue - from)))
            group.applied = LogPosition(term: group.term(at: index), index: LogIndex(index))
            let membership = chance(10) ? self.membership() : nil
            if let membership { group.membership = membership }
            after.groups[id] = group
            applies.append(
                GroupApply(group: id, changes: changes, applied: group.applied, membership: membership))
        }
        expect(after)
        try running().apply(applies)
        acknowledge(synced: applies.contains { $0.membership != nil })
    }

    private mutating func changes(of group: inout StoreModel.Group) -> TableChanges {
        var writes: [[UInt8]: [UInt8]?] = [:]
        for _ in 0...random.draw(below: 8) {
            let key = Array("row \(random.draw(below: 60))".utf8)
            writes[key] = .some(chance(20) ? nil : bytes(random.draw(below: 400)))
        }
        var changes = TableChanges()
        for (key, value) in writes.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let before = group.rows[key].map { RowBefore.value($0) } ?? .absent
            changes.writes.append(TableWrite(key: key, value: value, before: chance(50) ? before : .unread))
            group.rows[key] = value
        }
        return changes
    }

    mutating func membership() -> Membership {
        let members = (1...5).map { ReplicaID(UInt64($0) << 16 | 1) }
        let voters = 1 + random.draw(below: 4)
        return Membership(voters: Array(members.prefix(voters)), learners: chance(50) ? [members[voters]] : [])
    }
}
