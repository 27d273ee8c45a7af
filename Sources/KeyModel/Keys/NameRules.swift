/// Which texts may stand for things. Only ASCII, so that equal names are equal bytes in every release (Swift compares
/// other text by Unicode equivalence, whose tables change).
package enum NameRules {
    /// Placements, tenants, nodes, regions, clouds, policies: 1-63 bytes of `a-z 0-9 -`, a letter or digit at both
    /// ends.
    package static func isName(_ text: String) -> Bool {
        isBounded(text, by: 63) { isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// The third part of a key's name: 1-128 bytes of `a-z 0-9 - . _`, a letter or digit at both ends.
    package static func isKeyPart(_ text: String) -> Bool {
        isBounded(text, by: 128) {
            isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
        }
    }

    /// Jurisdictions: 1-63 bytes of `A-Z 0-9 -`, beginning with a letter.
    package static func isJurisdiction(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 63, isCapital(first) else { return false }
        return bytes.allSatisfy { isCapital($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Printable ASCII from space to tilde, within `lengths` bytes.
    package static func isPrintable(_ text: String, _ lengths: ClosedRange<Int>) -> Bool {
        lengths.contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }

    /// Byte order of two texts, the order of every sorted list in the model.
    package static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    /// Equality of bytes, never of Unicode meaning.
    package static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

    private static func isBounded(_ text: String, by limit: Int, _ allowed: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, bytes.count <= limit else { return false }
        return isLowercaseOrDigit(first) && isLowercaseOrDigit(last) && bytes.allSatisfy(allowed)
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }

    private static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
