/// Builds the byte formats of this module: big-endian integers and length-prefixed fields.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func u8(_ value: UInt8) { bytes.append(value) }
    mutating func u16(_ value: UInt16) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
    mutating func u32(_ value: UInt32) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
    mutating func u64(_ value: UInt64) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
    mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

    /// A 16-bit length, then the bytes. Longer fields are refused, so that two different values never share an
    /// encoding.
    mutating func field(_ value: some Collection<UInt8>) throws(CryptoError) {
        guard let count = UInt16(exactly: value.count) else { throw .invalidInput("field of more than 65535 bytes") }
        u16(count)
        bytes.append(contentsOf: value)
    }
}
