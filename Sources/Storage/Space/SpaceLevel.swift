/// Free and total bytes of a disk, as far as this user may write there.
package struct DiskSpace: Hashable, Sendable {
    package var free: UInt64
    package var total: UInt64

    package init(free: UInt64, total: UInt64) {
        self.free = free
        self.total = total
    }
}

/// What a node may still write, by the room on its store's disk.
package enum SpaceLevel: UInt8, Hashable, Sendable, Comparable, CaseIterable {
    case good = 0
    /// Nothing new is proposed here, and others had better lead.
    case low = 1
    /// No entries are taken either. Votes and terms are written still: they need a few bytes.
    case full = 2

    package static func < (a: SpaceLevel, b: SpaceLevel) -> Bool { a.rawValue < b.rawValue }
}

/// Where the levels begin. A level is left only when there is a quarter more room than where it began, so that a node
/// at the edge does not take and refuse by turns.
package struct SpaceRule: Hashable, Sendable {
    /// Below this nothing but votes is written: room for what was taken already to be applied, flushed and compacted.
    package static let full: UInt64 = 64 << 20
    private var level = SpaceLevel.good

    package init() {}

    /// Below this a node that is to go on for long is in want of space.
    package static func low(of total: UInt64) -> UInt64 { max(128 << 20, total / 200) }

    /// The level of this moment, which depends on the one before it.
    package mutating func level(at space: DiskSpace) -> SpaceLevel {
        let low = Self.low(of: space.total)
        let isFull = space.free < (level == .full ? Self.full + Self.full / 4 : Self.full)
        let isLow = space.free < (level == .good ? low : low + low / 4)
        level = isFull ? .full : isLow ? .low : .good
        return level
    }
}
