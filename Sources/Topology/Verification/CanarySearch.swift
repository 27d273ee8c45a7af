/// Looks for byte patterns in memory: one walk for all of them.
package struct CanarySearch: Sendable {
    /// Something that must not be found.
    package struct Pattern: Sendable, Equatable {
        /// Names the pattern in a report.
        package let label: String
        package let bytes: [UInt8]

        /// At least four bytes: anything shorter is found by chance.
        package init?(label: String, bytes: [UInt8]) {
            guard bytes.count >= 4 else { return nil }
            self.label = label
            self.bytes = bytes
        }
    }

    package let patterns: [Pattern]
    /// The patterns by their first two bytes.
    private let starts: [[Int]]

    package init(patterns: [Pattern]) {
        self.patterns = patterns
        var starts = [[Int]](repeating: [], count: 1 << 16)
        for (index, pattern) in patterns.enumerated() {
            starts[Int(pattern.bytes[0]) << 8 | Int(pattern.bytes[1])].append(index)
        }
        self.starts = starts
    }

    /// The bytes of the longest pattern.
    package var longest: Int { patterns.map(\.bytes.count).max() ?? 0 }

    /// Every place where a pattern stands, in the order of the places.
    package func hits(in bytes: UnsafeRawBufferPointer) -> [(pattern: Pattern, offset: Int)] {
        var hits: [(pattern: Pattern, offset: Int)] = []
        guard bytes.count >= 2 else { return hits }
        for offset in 0..<bytes.count - 1 {
            let candidates = starts[Int(bytes[offset]) << 8 | Int(bytes[offset + 1])]
            for index in candidates {
                let wanted = patterns[index].bytes
                guard offset + wanted.count <= bytes.count else { continue }
                if bytes[offset..<offset + wanted.count].elementsEqual(wanted) {
                    hits.append((patterns[index], offset))
                }
            }
        }
        return hits
    }

    /// The patterns under which secret or private bytes could be written down: raw, hexadecimal in both cases, base64
    /// with both alphabets.
    package static func patterns(label: String, secret: [UInt8]) -> [Pattern] {
        let hexadecimal = Hexadecimal.encode(secret)
        let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        var forms: [(String, [UInt8])] = [
            ("raw", secret), ("hex", Array(hexadecimal.utf8)), ("HEX", Array(hexadecimal.uppercased().utf8)),
        ]
        // Within something longer, the digits begin at the first, second or third byte. What is short would be found by
        // chance without its beginning.
        for shift in 0..<(secret.count < 8 ? 1 : 3) {
            let rest = Array(secret.dropFirst(shift))
            let suffix = shift == 0 ? "" : " from byte \(shift)"
            forms.append(("base64\(suffix)", base64(rest, Array((common + "+/").utf8))))
            forms.append(("base64url\(suffix)", base64(rest, Array((common + "-_").utf8))))
        }
        return forms.compactMap { Pattern(label: "\(label) (\($0.0))", bytes: $0.1) }
    }

    /// Base64 without padding and without a last digit that depends on what follows (RFC 4648, section 4).
    private static func base64(_ bytes: [UInt8], _ alphabet: [UInt8]) -> [UInt8] {
        var digits: [UInt8] = []
        var buffer = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xffff
            bits += 8
            while bits >= 6 {
                bits -= 6
                digits.append(alphabet[buffer >> bits & 63])
            }
        }
        return digits
    }
}
