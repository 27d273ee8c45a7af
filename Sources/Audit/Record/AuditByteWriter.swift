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
        var text = text
        // As one array: of a text's view each byte would be fetched by itself, and a record has fifteen texts.
        text.withUTF8 { utf8 in
            var count = min(utf8.count, AuditRecordCodec.textLimit)
            // A byte of the form 10xxxxxx continues a scalar.
            if count < utf8.count {
                while count > 0, utf8[count] & 0xC0 == 0x80 { count -= 1 }
            }
            writeLength(count)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8.prefix(count)))
        }
    }

    private mutating func writeLength(_ count: Int) {
        bytes.append(UInt8(truncatingIfNeeded: count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: count))
    }
}
