package import Raft

/// A node's store in memory: the twin of `RocksDBStore`, for simulation and tests. Keeps the same promises, and can
/// crash.
package final class InMemoryStore: NodeStore {
    package private(set) var identity: StoreIdentity?
    private var factRows = SortedRows()
    private var live: [GroupID: InMemoryGroup] = [:]
    private var removed: Set<GroupID> = []
    /// What undoes each `apply` since the last synced write, newest last.
    private var unsynced: [UndoApply] = []
    /// How often the mark was renewed. There is nothing outside of memory to write it to.
    package private(set) var marksRenewed = 0

    private struct UndoApply {
        var group: InMemoryGroup
        var rows: [(key: [UInt8], value: [UInt8]?)]
        var applied: LogPosition
        var membership: Membership
        var hardState: HardState
    }

    package init() {}

    /// What a crash of the machine does: with `losingUnsynced`, every `apply` and staged chunk since the last synced
    /// write is gone. The store is then as one that was just opened; log and table objects taken before show the state
    /// left.
    package func crash(losingUnsynced: Bool) { crash(keepingUnsynced: losingUnsynced ? 0 : .max) }

    /// A crash that keeps the oldest `kept` of the writes since the last synced one, as a torn log does: what survives
    /// is a prefix. Staged chunks survive only if all writes do.
    package func crash(keepingUnsynced kept: Int) {
        if kept < unsynced.count || kept == 0 {
            for undo in unsynced.dropFirst(kept).reversed() {
                for row in undo.rows.reversed() { undo.group.table.set(row.value, for: row.key) }
                undo.group.applied = undo.applied
                undo.group.membership = undo.membership
                undo.group.hardState = undo.hardState
            }
            for group in live.values { group.staging?.loseUnsynced() }
        }
        unsynced = []
    }

    /// How many writes the next crash can lose.
    package var unsyncedWrites: Int { unsynced.count }

    /// The store as it is now, without what is staged: later writes reach one of the two only.
    package func copy() -> InMemoryStore {
        let copy = InMemoryStore()
        copy.identity = identity
        copy.factRows = factRows
        copy.live = live.mapValues { $0.copy() }
        copy.removed = removed
        return copy
    }

    package func initialize(_ identity: StoreIdentity) throws(StorageError) {
        guard self.identity == nil else { throw .wrongIdentity("it has an identity already") }
        try identity.check()
        self.identity = identity
        noteSync()
    }

    package func setFact(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError) {
        factRows.set(value, for: key)
        noteSync()
    }

    package func fact(for key: [UInt8]) throws(StorageError) -> [UInt8]? { factRows.value(for: key) }

    package func facts(withPrefix prefix: [UInt8]) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        factRows.rows(withPrefix: prefix, after: nil, limit: .max).map { ($0.key, $0.value) }
    }

    package func groups() throws(StorageError) -> [StoredGroup] {
        live.values.map(\.stored).sorted { $0.group < $1.group }
    }

    package func createGroup(
        _ group: GroupID, membership: Membership, at position: LogPosition, label: [UInt8]
    ) throws(StorageError) {
        guard !removed.contains(group) else { throw .groupRemoved(group) }
        guard live[group] == nil else { throw .groupExists(group) }
        live[group] = InMemoryGroup(group, membership: membership, at: position, label: label)
        noteSync()
    }

    package func removeGroup(_ group: GroupID) throws(StorageError) {
        try find(group).isRemoved = true
        live[group] = nil
        removed.insert(group)
        noteSync()
    }

    package func log(of group: GroupID) throws(StorageError) -> any LogReader { try find(group) }
    package func table(of group: GroupID) throws(StorageError) -> any TableReader { InMemoryTable(try find(group)) }
    package func digest(of group: GroupID) throws(StorageError) -> [UInt8] { try find(group).table.digest.bytes }

    package func append(_ appends: [GroupAppend]) throws(StorageError) {
        try AppendCheck.check(appends) { group throws(StorageError) in
            let group = try find(group)
            return AppendCheck.State(
                first: group.firstIndex, last: group.lastIndex, applied: group.applied.index,
                ready: group.staging?.image == nil ? nil : group.staging?.descriptor.metadata)
        }
        if try takeCommits(appends) { return }
        for append in appends {
            let group = try find(append.group)
            if let snapshot = append.snapshot, let image = group.staging?.image { install(snapshot, image, in: group) }
            group.replace(with: append.entries)
            if let state = append.hardState { group.hardState = state }
        }
        noteSync()
    }

    /// Takes over commit indexes, without a sync, where nothing else changed.
    private func takeCommits(_ appends: [GroupAppend]) throws(StorageError) -> Bool {
        for append in appends {
            guard append.movesOnlyCommit(beyond: try find(append.group).hardState) else { return false }
        }
        for append in appends {
            let group = try find(append.group)
            unsynced.append(Self.undo(group))
            if let state = append.hardState { group.hardState = state }
        }
        return true
    }

    private static func undo(_ group: InMemoryGroup) -> UndoApply {
        UndoApply(
            group: group, rows: [], applied: group.applied, membership: group.membership, hardState: group.hardState)
    }

    private func install(_ snapshot: SnapshotMetadata, _ image: SortedRows, in group: InMemoryGroup) {
        group.table = image
        group.log = []
        group.truncated = snapshot.position
        group.applied = snapshot.position
        group.membership = snapshot.membership
        group.hardState.commit = max(group.hardState.commit, snapshot.position.index)
        group.staging = nil
    }

    package func apply(_ applies: [GroupApply]) throws(StorageError) {
        for apply in applies {
            try AppendCheck.check(
                apply, last: try find(apply.group).lastIndex, applied: try find(apply.group).applied.index)
        }
        for apply in applies {
            let group = try find(apply.group)
            var undo = Self.undo(group)
            for write in apply.changes.writes {
                undo.rows.append((write.key, group.table.set(write.value, for: write.key)))
            }
            group.applied = apply.applied
            if let membership = apply.membership { group.membership = membership }
            unsynced.append(undo)
        }
        if applies.contains(where: { $0.membership != nil }) { noteSync() }
    }

    package func compact(_ group: GroupID, through index: LogIndex) throws(StorageError) {
        let group = try find(group)
        let index = min(index, group.applied.index)
        guard index > group.truncated.index else { return }
        do {
            try group.dropLog(through: index)
        } catch {
            throw .damaged("the log ends before its applied position")
        }
        noteSync()
    }

    package func snapshot(of group: GroupID) throws(StorageError) -> any SnapshotSource {
        InMemorySnapshotSource(try find(group))
    }

    package func stage(_ descriptor: SnapshotDescriptor, for group: GroupID) throws(StorageError) -> any SnapshotStaging
    {
        let group = try find(group)
        try SnapshotStream.check(descriptor)
        if let staging = group.staging, staging.descriptor == descriptor { return staging }
        group.staging?.giveUp()
        let staging = InMemoryStaging(descriptor)
        group.staging = staging
        return staging
    }

    package func discardStaged(_ group: GroupID) throws(StorageError) {
        let group = try find(group)
        group.staging?.giveUp()
        group.staging = nil
    }

    package func refreshMark() { marksRenewed += 1 }

    package func close() {}

    private func find(_ group: GroupID) throws(StorageError) -> InMemoryGroup {
        if let found = live[group] { return found }
        throw removed.contains(group) ? .groupRemoved(group) : .noSuchGroup(group)
    }

    private func noteSync() {
        unsynced = []
        for group in live.values { group.staging?.noteSync() }
    }
}
