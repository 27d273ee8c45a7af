/// Appends the pieces of a canonical record.
struct AuditByteWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func write(_ byte: UInt8) { bytes.append(byte) }

    mutating func write(_ number: UInt64) {
        var shift = 64
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    /// Length and bytes; what exceeds the limit is cut.
    mutating func write(_ content: [UInt8]) {
        let count = min(content.count, AuditRecordCodec.textLimit)
        writeLength(count)
        bytes.append(contentsOf: content.prefix(count))
    }

    /// Length and UTF-8; what exceeds the limit is cut at the edge of a scalar.
    mutating func write(_ text: String) {
        let utf8 = text.utf8
        var count = utf8.count
        if count > AuditRecordCodec.textLimit {
            count = AuditRecordCodec.textLimit
            var end = utf8.index(utf8.startIndex, offsetBy: count)
            // A byte of the form 10xxxxxx continues a scalar.
            while count > 0, utf8[end] & 0xC0 == 0x80 {
                end = utf8.index(before: end)
                count -= 1
            }
        }
        writeLength(count)
        bytes.append(contentsOf: utf8.prefix(count))
    }

    private mutating func writeLength(_ count: Int) {
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: count))
    }
}
