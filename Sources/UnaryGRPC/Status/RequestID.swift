/// The header by which a caller names its call, so that the record of it can be found again. It is text and nothing
/// else: nothing is decided by it, and it need not be unique.
package enum RequestID {
    package static let header = "claviger-request-id"
    /// In bytes.
    package static let longest = 64

    /// Whether a text may travel as an id: 1 to `longest` of letters, digits, `.`, `_`, `:` and `-`. Anything else is
    /// neither sent nor believed, so that an id can be written into logs and records as it stands.
    package static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        return !bytes.isEmpty && bytes.count <= longest && bytes.allSatisfy(isLegal)
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
