/// What an entry's payload is. The numbers are on disk and on the wire.
package enum EntryKind: UInt8, Hashable, Sendable {
    /// A command of the state machine, or the empty entry of a new leader.
    case normal = 0
    /// A single configuration change.
    case configurationChange = 1
    /// A joint configuration change (Ongaro's thesis, section 4.3).
    case configurationChangeV2 = 2
}

/// One entry of a group's log.
package struct LogEntry: Hashable, Sendable {
    package var term: Term
    package var index: LogIndex
    package var kind: EntryKind
    /// Opaque to consensus.
    package var payload: [UInt8]

    package init(term: Term = .zero, index: LogIndex = .zero, kind: EntryKind = .normal, payload: [UInt8] = []) {
        self.term = term
        self.index = index
        self.kind = kind
        self.payload = payload
    }

    package var position: LogPosition { LogPosition(term: term, index: index) }
}
