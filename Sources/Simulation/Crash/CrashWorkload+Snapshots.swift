import Raft
import Storage

extension CrashWorkload {
    /// Begins a transfer, or a better one in the place of one that was begun.
    mutating func stage() throws {
        guard let id = pick(), let group = memory.groups[id] else { return }
        let transfer = try makeTransfer(for: id, group)
        expect(memory)
        let staging = try running().stage(transfer.source.descriptor, for: id)
        guard staging.next == 0 else { throw WrongAnswer(text: "a new transfer begins with chunk \(staging.next)") }
        acknowledge(synced: false)
        transfers[id] = transfer
    }

    /// A snapshot of a peer that is ahead.
    private mutating func makeTransfer(for id: GroupID, _ group: StoreModel.Group) throws -> Transfer {
        let index = max(group.last, group.hardState.commit.rawValue) + UInt64(random.draw(below: 40)) + 1
        let position = LogPosition(term: Term(group.hardState.term.rawValue + 1), index: LogIndex(index))
        let peer = InMemoryStore()
        try peer.createGroup(id, membership: membership(), at: position, label: [])
        // Now and then more than one chunk.
        let (count, size) = chance(15) ? (60, 24_000) : (random.draw(below: 60), 300)
        var rows: [[UInt8]: [UInt8]] = [:]
        var changes = TableChanges()
        for number in 0..<count {
            let (key, value) = (Array("row \(number)".utf8), bytes(size / 2 + random.draw(below: size / 2)))
            rows[key] = value
            changes.writes.append(TableWrite(key: key, value: value, before: .absent))
        }
        try peer.apply([GroupApply(group: id, changes: changes, applied: position)])
        return Transfer(source: try peer.snapshot(of: id), rows: rows)
    }

    /// One that fits, in the order of the groups.
    private mutating func pickTransfer(_ fits: (Transfer) -> Bool) -> GroupID? {
        let candidates = transfers.keys.sorted().filter { transfers[$0].map(fits) ?? false }
        return candidates.isEmpty ? nil : candidates[random.draw(below: candidates.count)]
    }

    /// Goes on where the store says that it stands, which after a crash may be earlier and never later.
    mutating func acceptChunk() throws {
        guard let id = pickTransfer({ !$0.isComplete }), var transfer = transfers[id] else { return }
        expect(memory)
        let staging = try running().stage(transfer.source.descriptor, for: id)
        guard staging.next <= transfer.sent else {
            throw WrongAnswer(text: "group \(id.rawValue) has chunk \(staging.next) of \(transfer.sent) sent")
        }
        transfer.sent = max(transfer.sent, staging.next + 1)
        transfers[id] = transfer
        try staging.accept(try transfer.source.chunk(staging.next))
        acknowledge(synced: false)
        transfer.accepted = staging.next
        transfers[id] = transfer
    }

    mutating func verify() throws {
        guard let id = pickTransfer({ $0.isComplete && !$0.isVerified }), var transfer = transfers[id] else { return }
        expect(memory)
        try waiting { store throws(StorageError) in
            let staging = try store.stage(transfer.source.descriptor, for: id)
            transfer.accepted = staging.next
            // After a crash chunks may be missing again.
            guard transfer.isComplete else { return }
            try staging.verify()
            transfer.isVerified = true
        }
        acknowledge(synced: false)
        transfers[id] = transfer
    }

    mutating func install() throws {
        guard let id = pickTransfer({ $0.isVerified }), let transfer = transfers[id], var group = memory.groups[id]
        else { return }
        let metadata = transfer.source.descriptor.metadata
        guard metadata.position.index > group.applied.index, metadata.position.index.rawValue > group.last else {
            // The log has overtaken it in the meantime.
            transfers[id] = nil
            return
        }
        group.entries = []
        (group.truncated, group.applied) = (metadata.position, metadata.position)
        group.membership = metadata.membership
        group.rows = transfer.rows
        group.hardState = HardState(
            term: max(group.hardState.term, metadata.position.term),
            vote: group.hardState.term < metadata.position.term ? .none : group.hardState.vote,
            commit: max(group.hardState.commit, metadata.position.index))
        var after = memory
        after.groups[id] = group
        expect(after)
        // It takes a few steps of the disk out of the hundreds of a life, and is where an order of writes shows.
        if deaths?.draw(below: 2) == 0, let steps = deaths?.draw(below: 6) { disk.plan(killIn: UInt64(1 + steps)) }
        try running().append([GroupAppend(group: id, hardState: group.hardState, snapshot: metadata)])
        acknowledge(synced: true)
        transfers[id] = nil
    }

    mutating func discard() throws {
        guard let id = pickTransfer({ _ in true }) else { return }
        expect(memory)
        try running().discardStaged(id)
        acknowledge(synced: false)
        transfers[id] = nil
    }

    /// After a restart: how far each transfer is on disk. Staged chunks that a crash took are sent again.
    mutating func resumeTransfers() throws {
        for id in transfers.keys.sorted() {
            guard var transfer = transfers[id] else { continue }
            let staging = try running().stage(transfer.source.descriptor, for: id)
            guard staging.next <= transfer.sent else {
                throw WrongAnswer(text: "group \(id.rawValue) has chunk \(staging.next) of \(transfer.sent) sent")
            }
            transfer.accepted = staging.next
            transfer.isVerified = false
            transfers[id] = transfer
        }
    }
}
