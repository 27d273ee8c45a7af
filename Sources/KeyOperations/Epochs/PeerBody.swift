import KeyModel

/// The body of a call between nodes: length-prefixed fields and numbers, big-endian. docs/formats.md, "Peer services".
struct PeerBodyWriter {
    private(set) var bytes: [UInt8] = [1]

    mutating func field(_ value: some Collection<UInt8>) {
        number(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func number(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}

/// Takes such a body apart; anything else than what was written is refused.
struct PeerBodyReader {
    private let bytes: [UInt8]
    private var offset = 1

    init(_ bytes: [UInt8]) throws(KMSError) {
        guard bytes.first == 1 else { throw Self.malformed }
        self.bytes = bytes
    }

    private static let malformed = KMSError(.invalidRequest, "a call between nodes is malformed")

    mutating func number() throws(KMSError) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw Self.malformed }
        defer { offset += 8 }
        return bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func field(limit: Int) throws(KMSError) -> [UInt8] {
        let count = try number()
        guard count <= UInt64(limit), bytes.count - offset >= Int(count) else { throw Self.malformed }
        defer { offset += Int(count) }
        return Array(bytes[offset..<offset + Int(count)])
    }

    mutating func text(limit: Int) throws(KMSError) -> String {
        String(decoding: try field(limit: limit), as: UTF8.self)
    }

    func finish() throws(KMSError) {
        guard offset == bytes.count else { throw Self.malformed }
    }
}
