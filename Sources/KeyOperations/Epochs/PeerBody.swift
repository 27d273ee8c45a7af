package import KeyModel

/// The body of a call between nodes: length-prefixed fields and numbers, big-endian. docs/formats.md, "Peer services".
package struct PeerBodyWriter {
    package private(set) var bytes: [UInt8] = [1]

    package init() {}

    /// A length and so many bytes.
    package mutating func field(_ value: some Collection<UInt8>) {
        number(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Eight bytes.
    package mutating func number(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}

/// Takes such a body apart; anything else than what was written is refused.
package struct PeerBodyReader {
    private let bytes: [UInt8]
    private var offset = 1

    package init(_ bytes: [UInt8]) throws(KMSError) {
        guard bytes.first == 1 else { throw Self.malformed }
        self.bytes = bytes
    }

    private static let malformed = KMSError(.invalidRequest, "a call between nodes is malformed")

    /// Eight bytes as a number.
    package mutating func number() throws(KMSError) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw Self.malformed }
        defer { offset += 8 }
        return bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A field of at most `limit` bytes.
    package mutating func field(limit: Int) throws(KMSError) -> [UInt8] {
        let count = try number()
        guard count <= UInt64(limit), bytes.count - offset >= Int(count) else { throw Self.malformed }
        defer { offset += Int(count) }
        return Array(bytes[offset..<offset + Int(count)])
    }

    /// A field that is UTF-8.
    package mutating func text(limit: Int) throws(KMSError) -> String {
        guard let text = String(validating: try field(limit: limit), as: UTF8.self) else { throw Self.malformed }
        return text
    }

    /// Refuses bytes that are left.
    package func finish() throws(KMSError) {
        guard offset == bytes.count else { throw Self.malformed }
    }
}
