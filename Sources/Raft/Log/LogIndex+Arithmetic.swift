extension LogIndex {
    /// Beyond every index a log can have: what an empty quorum agrees on.
    package static let max = LogIndex(.max)

    /// The index after this one. Indices of messages are checked to be far from the end of the range
    /// (`Message.isPlausible`).
    package var next: LogIndex { LogIndex(rawValue + 1) }

    /// The index before this one; zero stays zero.
    package var previous: LogIndex { LogIndex(rawValue == 0 ? 0 : rawValue - 1) }

    /// The index `count` places further.
    package func advanced(by count: Int) -> LogIndex { LogIndex(rawValue + UInt64(count)) }

    /// How many places `other` is after this index; zero when it is not.
    package func distance(to other: LogIndex) -> Int {
        other.rawValue <= rawValue ? 0 : Int(clamping: other.rawValue - rawValue)
    }
}

extension Term {
    /// The term of the next election.
    package var next: Term { Term(rawValue + 1) }
}
