package import NIOCore

/// The `grpc-timeout` header: 1 to 8 digits and a unit. Source: grpc/grpc, doc/PROTOCOL-HTTP2.md, "Timeout".
package enum CallTimeout {
    /// Nil if malformed. Longer than ten years is cut to ten years, so that no deadline overflows.
    package static func parse(_ text: String) -> TimeAmount? {
        var digits = 0
        var value: Int64 = 0
        var unit: UInt8?
        for byte in text.utf8 {
            guard unit == nil else { return nil }
            if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                digits += 1
                guard digits <= 8 else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            } else {
                unit = byte
            }
        }
        guard digits > 0, let unit else { return nil }
        let scale: Int64
        switch unit {
        case UInt8(ascii: "H"): scale = 3_600_000_000_000
        case UInt8(ascii: "M"): scale = 60_000_000_000
        case UInt8(ascii: "S"): scale = 1_000_000_000
        case UInt8(ascii: "m"): scale = 1_000_000
        case UInt8(ascii: "u"): scale = 1_000
        case UInt8(ascii: "n"): scale = 1
        default: return nil
        }
        let longest: Int64 = 315_360_000_000_000_000
        let (product, overflow) = value.multipliedReportingOverflow(by: scale)
        return .nanoseconds(overflow ? longest : min(product, longest))
    }

    /// Milliseconds where they fit into eight digits, else seconds. Rounded up, at least 1.
    package static func text(for amount: TimeAmount) -> String {
        let (whole, rest) = amount.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let milliseconds = max(1, rest > 0 ? whole + 1 : whole)
        return milliseconds < 100_000_000 ? "\(milliseconds)m" : "\(min(99_999_999, milliseconds / 1000))S"
    }
}
