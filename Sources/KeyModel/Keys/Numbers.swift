/// A key's versions are counted from 1.
package struct KeyVersionNumber: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package static let first = KeyVersionNumber(1)
    package var description: String { "\(rawValue)" }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A placement's epochs are counted from 1. Each has one epoch key, which never enters a log.
package struct EpochNumber: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package static let first = EpochNumber(1)
    package var description: String { "\(rawValue)" }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A tenant's keys in one placement are counted from 1.
package struct TenantKeyNumber: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }
    package static let first = TenantKeyNumber(1)
    package var description: String { "\(rawValue)" }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
