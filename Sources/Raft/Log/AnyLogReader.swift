/// Forwards to any log, for drivers that hold logs of several kinds behind one type.
package final class AnyLogReader: LogReader {
    private let base: any LogReader

    package init(_ base: any LogReader) { self.base = base }

    package func initialState() -> (hardState: HardState, membership: Membership) { base.initialState() }

    package func entries(
        from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64
    ) throws(LogReadError) -> [LogEntry] {
        try base.entries(from: lower, to: upper, maxBytes: maxBytes)
    }

    package func term(at index: LogIndex) throws(LogReadError) -> Term { try base.term(at: index) }
    package var firstIndex: LogIndex { base.firstIndex }
    package var lastIndex: LogIndex { base.lastIndex }
    package func snapshot() throws(LogReadError) -> Snapshot { try base.snapshot() }
}
