import Crypto

/// A digest of a set of rows that does not depend on their order: the sum, modulo 2^256, of a SHA-256 per row.
///
/// Rows can be added and taken away one by one, so that applying an entry costs a hash per changed row and not a scan.
/// It tells replicas that drifted apart by a fault; it is no proof against someone who chooses rows to collide (Bellare
/// and Micciancio, EUROCRYPT 1997, on sums of hashes).
package struct RowDigest: Hashable, Sendable {
    /// Little-endian limbs, lowest first.
    private var limbs: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init() {}

    /// Nil unless `bytes` are 32.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        limbs = bytes.withUnsafeBytes(Self.limbs)
    }

    /// The digest of one row.
    init(key: [UInt8], value: [UInt8]) {
        add(key: key, value: value)
    }

    /// 32 bytes, least significant first.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(32)
        for limb in [limbs.0, limbs.1, limbs.2, limbs.3] {
            withUnsafeBytes(of: limb.littleEndian) { result.append(contentsOf: $0) }
        }
        return result
    }

    /// Takes a row into the digest.
    package mutating func add(key: [UInt8], value: [UInt8]) {
        key.withUnsafeBytes { key in value.withUnsafeBytes { value in add(key: key, value: value) } }
    }

    package mutating func remove(key: [UInt8], value: [UInt8]) {
        remove(RowDigest(key: key, value: value))
    }

    /// Takes the rows of another digest in.
    mutating func add(_ rows: RowDigest) { sum(rows.limbs, carry: 0) }

    /// Takes the rows of another digest away.
    mutating func remove(_ rows: RowDigest) {
        // Two's complement: adding ~x + 1 takes x away.
        sum((~rows.limbs.0, ~rows.limbs.1, ~rows.limbs.2, ~rows.limbs.3), carry: 1)
    }

    mutating func add(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        sum(Self.hash(key: key, value: value), carry: 0)
    }

    package static func == (a: RowDigest, b: RowDigest) -> Bool { a.limbs == b.limbs }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(limbs.0)
        hasher.combine(limbs.1)
        hasher.combine(limbs.2)
        hasher.combine(limbs.3)
    }

    private mutating func sum(_ row: (UInt64, UInt64, UInt64, UInt64), carry: UInt64) {
        var carry = carry
        func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let (first, one) = a.addingReportingOverflow(b)
            let (total, two) = first.addingReportingOverflow(carry)
            carry = one || two ? 1 : 0
            return total
        }
        limbs.0 = add(limbs.0, row.0)
        limbs.1 = add(limbs.1, row.1)
        limbs.2 = add(limbs.2, row.2)
        limbs.3 = add(limbs.3, row.3)
    }

    /// SHA-256 of the key's length (u32, big-endian), the key and the value.
    private static func hash(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        var function = SHA256()
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: key.count).bigEndian) { function.update(bufferPointer: $0) }
        function.update(bufferPointer: key)
        function.update(bufferPointer: value)
        return function.finalize().withUnsafeBytes(limbs)
    }

    private static func limbs(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64, UInt64) {
        func limb(_ place: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self))
        }
        return (limb(0), limb(1), limb(2), limb(3))
    }
}
