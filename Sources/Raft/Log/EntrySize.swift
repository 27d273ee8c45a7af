extension LogEntry {
    /// Bytes counted for an entry besides its payload: term and index. Empty entries must count, or a page of them has
    /// no end.
    static let overhead: UInt64 = 16

    /// What the entry counts towards message and page limits, in bytes.
    var footprint: UInt64 { UInt64(payload.count) + Self.overhead }
}

extension Sequence where Element == LogEntry {
    /// Sum of the footprints, in bytes.
    var footprint: UInt64 { reduce(0) { $0 + $1.footprint } }

    /// Sum of the payloads alone, in bytes: what flow control and the limit of the uncommitted tail count.
    var payloadSize: UInt64 { reduce(0) { $0 + UInt64($1.payload.count) } }
}

extension Array where Element == LogEntry {
    /// The longest prefix within `limit` bytes, but at least the first entry.
    func prefix(within limit: UInt64) -> [LogEntry] {
        guard count > 1 else { return self }
        var total = self[0].footprint
        for position in 1..<count {
            total += self[position].footprint
            if total > limit { return Array(self[..<position]) }
        }
        return self
    }
}
