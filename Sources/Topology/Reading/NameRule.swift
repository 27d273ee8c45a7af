/// Which texts are names. Only ASCII, so that equal names are equal bytes everywhere.
package enum NameRule {
    /// Nodes, regions, clouds, placements: 1-63 bytes of `a-z 0-9 -`, beginning and ending with a letter or digit.
    package static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
            && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Jurisdictions: 1-63 bytes of `A-Z 0-9 -`, beginning with a letter.
    package static func isJurisdiction(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, isCapital(first) else { return false }
        return bytes.allSatisfy { isCapital($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// 1-253 bytes that a host name or an address may contain.
    package static func isHost(_ text: String) -> Bool {
        let allowed = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_:%".utf8)
        return (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || allowed.contains($0) }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }

    static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// What to say about a text that is no name.
    static let nameHelp = "is not a name: 1-63 of a-z, 0-9 and -, beginning and ending with a letter or digit"
}
