/// Makes foreign text safe for one line of a log.
enum LineText {
    /// A longer value is cut: a log line must not be a way to fill a disk.
    static let limit = 2048

    /// Appends text with everything encoded that could end the line or change how a terminal shows it.
    static func append(_ text: String, to line: inout String) {
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else {
                line += "…"
                return
            }
            count += 1
            if isUnsafe(scalar) {
                line += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }

    /// Appends a value, in quotes where a reader could not tell its end otherwise.
    static func appendQuoted(_ text: String, to line: inout String) {
        let plain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        guard !plain else { return append(text, to: &line) }
        line += "\""
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { escaped += "\\" }
            escaped.unicodeScalars.append(scalar)
        }
        append(escaped, to: &line)
        line += "\""
    }

    /// Control characters, line and paragraph separators, and the characters that turn the writing direction.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
    }
}
