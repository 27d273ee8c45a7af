/// SPIFFE ids that a statement speaks of: `spiffe://acme.example/workload/*`. A `*` stands for one whole path segment;
/// there is no other wildcard, and the trust domain is always spelled out.
package struct PrincipalPattern: Hashable, Sendable, CustomStringConvertible {
    /// Longest pattern, and longest SPIFFE id (SPIFFE-ID specification, section 2.3: 2048).
    package static let longest = 2048

    package let text: String

    /// Throws `invalidRequest` unless the text is `spiffe://DOMAIN/SEGMENT…` with segments of letters, digits, `.`,
    /// `-`, `_` or a lone `*`.
    package init(parsing text: String) throws(KMSError) {
        guard let pieces = Self.pieces(text), pieces.count >= 2 else {
            throw KMSError(.invalidRequest, "a principal is spiffe://DOMAIN/PATH, as spiffe://acme.example/workload/*")
        }
        for (position, piece) in pieces.enumerated() {
            let isAny = position > 0 && piece == [UInt8(ascii: "*")]
            guard isAny || !piece.isEmpty && piece.allSatisfy(Self.isLegal) else {
                throw KMSError(
                    .invalidRequest, "a principal's segments are letters, digits, '.', '-', '_', or a lone '*'")
            }
        }
        self.text = text
    }

    /// Whether the pattern speaks of this SPIFFE id. Reads both once and allocates nothing: it is asked on every
    /// request.
    package func matches(_ principal: String) -> Bool {
        let slash = UInt8(ascii: "/")
        var bytes = principal.utf8.makeIterator()
        var byte = bytes.next()
        for wanted in text.utf8 {
            if wanted == UInt8(ascii: "*") {
                guard byte != nil, byte != slash else { return false }
                while byte != nil, byte != slash { byte = bytes.next() }
            } else {
                guard byte == wanted else { return false }
                byte = bytes.next()
            }
        }
        return byte == nil
    }

    package var description: String { text }

    /// The pieces after `spiffe://`, or nil for anything else.
    private static func pieces(_ text: String) -> [[UInt8]]? {
        let scheme = Array("spiffe://".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count <= longest, bytes.starts(with: scheme) else { return nil }
        return bytes.dropFirst(scheme.count).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(
            Array.init)
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
