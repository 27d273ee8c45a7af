/// Bounds of everything that is read from the network or the log.
package enum WireLimits {
    /// Bytes of one entry's payload.
    package static let entryPayloadBytes = 64 << 10
    /// Bytes of all payloads of one append or forwarded proposal.
    package static let appendPayloadBytes = 1 << 20
    /// Entries of one append: `appendPayloadBytes` of the smallest replicated commands and room for empty ones.
    package static let entries = 128 << 10
    /// Bytes of a snapshot's opaque data; the rows travel apart.
    package static let snapshotBytes = 1 << 20
    /// Bytes of a request context.
    package static let contextBytes = 4 << 10
    /// Replicas in each list of a membership.
    package static let members = 1024
    /// Beats of one frame.
    package static let beats = 64 << 10
    package static let clusterBytes = 64
    package static let storeBytes = 16
    package static let sealingKeyBytes = 4 << 10
    /// Bytes of a node's or region's name.
    package static let nameBytes = 63
    /// Bytes of a refusal's or failure's text.
    package static let reasonBytes = 512
    /// Bytes of a service call's body or answer.
    package static let callBytes = 1 << 20
    /// Terms, indices and ids stay far from overflow, so that arithmetic on them cannot trap.
    package static let largestCounter = UInt64.max / 4

    /// Whether `text` is a name: 1 to 63 of `a-z 0-9 -`, beginning and ending with a letter or digit.
    package static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= nameBytes else { return false }
        func isAlphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        return isAlphanumeric(first) && isAlphanumeric(last) && bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
    }
}
