/// The first part of a key's name: says where the key may live.
package struct PlacementName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Throws `invalidRequest` unless the text is a name.
    package init(_ text: String) throws(KMSError) {
        guard NameRules.isName(text) else {
            throw KMSError(
                .invalidRequest,
                "the placement name must be 1-63 of a-z, 0-9 and -, with a letter or digit at both ends")
        }
        rawValue = text
    }

    package var description: String { rawValue }
    package static func < (a: Self, b: Self) -> Bool { NameRules.precedes(a.rawValue, b.rawValue) }
}
