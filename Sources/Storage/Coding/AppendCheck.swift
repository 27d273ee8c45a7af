import Raft

/// What both stores refuse before they write a byte.
enum AppendCheck {
    /// Where a group stands before the call.
    struct State {
        var first: LogIndex
        var last: LogIndex
        var applied: LogIndex
        /// The snapshot that is staged and verified.
        var ready: SnapshotMetadata?
    }

    /// Entries must be contiguous, join the log and leave what is applied alone; a snapshot must be staged, verified
    /// and newer.
    static func check(
        _ appends: [GroupAppend], state: (GroupID) throws(StorageError) -> State
    ) throws(StorageError) {
        var known: [GroupID: State] = [:]
        for append in appends {
            var at: State
            if let seen = known[append.group] { at = seen } else { at = try state(append.group) }
            if let snapshot = append.snapshot {
                guard at.ready == snapshot else { throw .snapshotRejected("it is not staged and verified") }
                guard snapshot.position.index > at.applied else {
                    throw .snapshotRejected("it is not ahead of what is applied")
                }
                at = State(
                    first: LogIndex(snapshot.position.index.rawValue + 1), last: snapshot.position.index,
                    applied: snapshot.position.index, ready: nil)
            }
            if let first = append.entries.first {
                guard first.index >= at.first, first.index > at.applied, first.index.rawValue <= at.last.rawValue + 1
                else {
                    throw .failed(
                        "entries from \(first.index.rawValue) do not join the log of group \(append.group.rawValue)")
                }
                for (offset, entry) in append.entries.enumerated() {
                    guard entry.index.rawValue == first.index.rawValue + UInt64(offset),
                        entry.payload.count <= Int(UInt32.max)
                    else { throw .failed("entries of group \(append.group.rawValue) are not contiguous") }
                    at.last = entry.index
                }
            }
            known[append.group] = at
        }
    }

    static func check(_ apply: GroupApply, last: LogIndex, applied: LogIndex) throws(StorageError) {
        guard apply.applied.index <= last, apply.applied.index >= applied else {
            throw .failed("group \(apply.group.rawValue) may not move to \(apply.applied.index.rawValue)")
        }
    }
}

extension GroupAppend {
    /// Whether it only moves the commit index. That may be lost, since a quorum's logs give it again, so it needs no
    /// sync of its own.
    func movesOnlyCommit(beyond known: HardState) -> Bool {
        guard entries.isEmpty, snapshot == nil, let hardState else { return false }
        return hardState.term == known.term && hardState.vote == known.vote
    }
}
