/// Why a part of the log cannot be read.
package enum LogReadError: Error, Hashable, Sendable {
    /// The index is covered by a snapshot.
    case compacted
    /// The index is beyond the end of the log.
    case unavailable
    /// A snapshot is being made; ask again.
    case snapshotTemporarilyUnavailable
}

/// The stable part of one group's log, as consensus reads it. The driver writes it; both run on one thread.
package protocol LogReader: AnyObject {
    /// The hard state and membership as of the last write.
    func initialState() -> (hardState: HardState, membership: Membership)
    /// Entries in `lower ..< upper`, at least one if there is one, else as many as fit into `maxBytes` payload bytes.
    func entries(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry]
    /// The term at `index`; `firstIndex - 1` (the snapshot's index) is answered too.
    func term(at index: LogIndex) throws(LogReadError) -> Term
    /// Index of the first entry kept; `lastIndex + 1` when there is none.
    var firstIndex: LogIndex { get }
    /// Index of the last entry, or of the snapshot when there is none after it.
    var lastIndex: LogIndex { get }
    /// The snapshot to bring a replica up that needs compacted entries.
    func snapshot() throws(LogReadError) -> Snapshot
}
