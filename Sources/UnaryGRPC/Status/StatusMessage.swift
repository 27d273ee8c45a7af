/// Percent-encoding of `grpc-message`: printable ASCII but `%` stays, every other byte becomes `%XX`.
/// Source: grpc/grpc, doc/PROTOCOL-HTTP2.md, "Percent-Encoded".
package enum StatusMessage {
    /// What is over `GRPCStatus.maximumMessageBytes` is cut.
    package static func encode(_ text: String) -> String {
        if text.utf8.count <= GRPCStatus.maximumMessageBytes, text.utf8.allSatisfy(isPlain) { return text }
        var out: [UInt8] = []
        for byte in text.utf8.prefix(GRPCStatus.maximumMessageBytes) {
            if isPlain(byte) {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(hexDigit(byte >> 4))
                out.append(hexDigit(byte & 0x0F))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Never fails: a bad escape is kept as it stands, as the protocol asks.
    package static func decode(_ text: String) -> String {
        let bytes = Array(text.utf8.prefix(3 * GRPCStatus.maximumMessageBytes))
        guard bytes.contains(UInt8(ascii: "%")) else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexValue(bytes[index + 1]), let low = hexValue(bytes[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte <= 0x7E && byte != UInt8(ascii: "%")
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
