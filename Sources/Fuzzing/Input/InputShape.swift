import CPlatform

/// How bytes are varied so that more of them than the first few are read.
package enum InputShape: Sendable {
    case bytes
    /// Length-delimited fields keep true lengths.
    case protobuf
    /// Words, lines and brackets.
    case text
    /// As `bytes`, with a checksum that is set right again most of the time.
    case checked(@Sendable (inout [UInt8]) -> Void)
}

/// CRC-32C where the formats have it.
enum Checksum {
    /// Over what stands before and after the four bytes at `place`; these are left out.
    static func set(at place: Int, over before: Range<Int>, and after: Range<Int>, in bytes: inout [UInt8]) {
        let first = bytes[before].withUnsafeBytes { claviger_crc32c(0, $0.baseAddress, $0.count) }
        let sum = bytes[after].withUnsafeBytes { claviger_crc32c(first, $0.baseAddress, $0.count) }
        put(sum, at: place, in: &bytes)
    }

    static func put(_ value: UInt32, at place: Int, in bytes: inout [UInt8]) {
        for (offset, shift) in [24, 16, 8, 0].enumerated() {
            bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt32(shift))
        }
    }
}
