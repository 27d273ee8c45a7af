/// Reads the byte formats of this module from borrowed memory. Each read says nil when too few bytes are left; nothing
/// traps.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { remaining == 0 }

    mutating func raw(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= remaining else { return nil }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func array(_ count: Int) -> [UInt8]? { raw(count).map { [UInt8]($0) } }
    mutating func u8() -> UInt8? { raw(1).map { $0[0] } }
    mutating func u16() -> UInt16? { raw(2).map { UInt16(bigEndian: $0.loadUnaligned(as: UInt16.self)) } }
    mutating func u32() -> UInt32? { raw(4).map { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) } }
    mutating func u64() -> UInt64? { raw(8).map { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) } }

    /// A field written by `ByteWriter.field`.
    mutating func field() -> [UInt8]? { u16().flatMap { array(Int($0)) } }

    /// Whether the next bytes are exactly `expected`; they are consumed.
    mutating func expect(_ expected: [UInt8]) -> Bool {
        raw(expected.count).map { $0.elementsEqual(expected) } ?? false
    }
}
