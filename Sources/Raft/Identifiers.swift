/// An election term (Raft paper, section 5.1). Zero before the first election.
package struct Term: Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let zero = Term(0)
    package static func < (a: Term, b: Term) -> Bool { a.rawValue < b.rawValue }
}

/// A place in one group's log. The first entry has index 1; zero means "before the log".
package struct LogIndex: Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let zero = LogIndex(0)
    package static func < (a: LogIndex, b: LogIndex) -> Bool { a.rawValue < b.rawValue }
}

/// The term and index of an entry: together they name its content (Log Matching, Raft paper, section 5.3).
package struct LogPosition: Hashable, Comparable, Sendable {
    package var term: Term
    package var index: LogIndex
    package init(term: Term, index: LogIndex) {
        self.term = term
        self.index = index
    }
    package static let zero = LogPosition(term: .zero, index: .zero)
    /// "At least as up to date" order of section 5.4.1: by term, then by index.
    package static func < (a: LogPosition, b: LogPosition) -> Bool { (a.term, a.index) < (b.term, b.index) }
}

/// One replica of one group. Never reused: a node whose disk was replaced comes back under a new one. Zero means
/// "none".
package struct ReplicaID: Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let none = ReplicaID(0)
    /// The local thread that makes entries, hard state and snapshots durable (`RaftConfiguration.asyncStorageWrites`).
    package static let appendThread = ReplicaID(.max)
    /// The local thread that applies committed entries.
    package static let applyThread = ReplicaID(.max - 1)
    /// Whether this is one of the local threads and no replica.
    package var isStorageThread: Bool { self == .appendThread || self == .applyThread }
    package static func < (a: ReplicaID, b: ReplicaID) -> Bool { a.rawValue < b.rawValue }
}

/// One Raft group. Group 1 is the directory.
package struct GroupID: Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (a: GroupID, b: GroupID) -> Bool { a.rawValue < b.rawValue }
}
