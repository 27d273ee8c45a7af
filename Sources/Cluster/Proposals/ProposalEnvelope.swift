package import Raft

/// What stands before a command in the log: whose it is, so that the proposer finds its own outcome when it applies the
/// entry.
///
///     offset  bytes  field
///     0       1      format, 1
///     1       1      kind
///     2       8      replica that proposed, big-endian
///     10      8      session: random per process start, so that a restart never claims an older entry
///     18      8      sequence within the session
///     26      …      body
package struct ProposalEnvelope: Hashable {
    /// What the body is.
    package enum Kind: UInt8 {
        /// A command of the state machine.
        case command = 0
        /// Every replica notes the digest of its rows here.
        case digestMark = 1
        /// Every replica compares the digest that it noted with the leader's: body is the mark's index and 32 bytes.
        case digestVerify = 2
    }

    static let headerLength = 26
    static let format: UInt8 = 1

    package var kind: Kind
    package var replica: ReplicaID
    package var session: UInt64
    package var sequence: UInt64

    package init(kind: Kind, replica: ReplicaID, session: UInt64, sequence: UInt64) {
        self.kind = kind
        self.replica = replica
        self.session = session
        self.sequence = sequence
    }

    /// The envelope before its body.
    package func encoded(body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerLength + body.count)
        bytes.append(Self.format)
        bytes.append(kind.rawValue)
        bytes.append(bigEndian: replica.rawValue)
        bytes.append(bigEndian: session)
        bytes.append(bigEndian: sequence)
        bytes.append(contentsOf: body)
        return bytes
    }

    /// Nil when the bytes are not an envelope of a known format and kind.
    package static func decode(_ bytes: [UInt8]) -> (envelope: ProposalEnvelope, body: ArraySlice<UInt8>)? {
        guard bytes.count >= headerLength, bytes[0] == format, let kind = Kind(rawValue: bytes[1]) else { return nil }
        let envelope = ProposalEnvelope(
            kind: kind,
            replica: ReplicaID(bytes.bigEndian(at: 2)),
            session: bytes.bigEndian(at: 10),
            sequence: bytes.bigEndian(at: 18))
        return (envelope, bytes[headerLength...])
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    /// The eight bytes at `offset`, which the caller has checked to be there.
    func bigEndian(at offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in self[offset..<offset + 8] { value = value << 8 | UInt64(byte) }
        return value
    }
}
