package import Adversary

/// Varies text by words, lines and brackets: most single bytes only turn it into text that no reader takes.
package struct TextMutator {
    private let words: [[UInt8]]

    /// What means something to readers of YAML, JSON, headers, URIs and numbers.
    private static let special = [
        "&a ", "*a", "<<: *a", "? ", "- ", ": ", "[", "]", "{", "}", "[[[[", "{{{{", "|\n", ">-\n", "---\n", "...\n",
        "#",
        "\"", "'", "\\u0000", "\\", "!!binary ", "!!str ", "!!map ", "!x ", "~", "null", "true", "no", "0x7f", "-1",
        "0",
        "1e999", "9223372036854775808", "18446744073709551615", "00", "65536", "-0", ".nan", "\u{FEFF}", "\u{0}", "\t",
        "\r\n", "\u{2028}", "é", "e\u{301}", "\u{1F600}", "%2e", "%", "/", "//", "..", "*", "spiffe://", ";", ",", " ",
    ].map { Array($0.utf8) }

    package init(samples: [[UInt8]]) {
        var found: Set<[UInt8]> = []
        for sample in samples { found.formUnion(Self.tokens(sample).filter { $0.count > 1 }) }
        words = Self.special + found.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// A variation of at most `limit` bytes; no more than that is ever put together, however often a long word is
    /// repeated.
    package func variation(of input: [UInt8], and other: [UInt8], limit: Int, _ chance: inout Chance) -> [UInt8] {
        var tokens = chance.number(0...3) == 0 ? Self.lines(input) : Self.tokens(input)
        for _ in 0..<chance.number(1...4) {
            guard !tokens.isEmpty else { return Array(chance.one(of: words, else: []).prefix(limit)) }
            let place = chance.number(0...tokens.count - 1)
            switch chance.number(0...9) {
            case 0: tokens.remove(at: place)
            case 1: tokens.swapAt(place, chance.number(0...tokens.count - 1))
            case 2: tokens.insert(tokens[place], at: chance.number(0...tokens.count))
            case 3, 4: tokens[place] = chance.one(of: words, else: [])
            case 5: tokens.insert(chance.one(of: words, else: []), at: place)
            case 6: tokens[place] = chance.mutated(tokens[place])
            case 7: tokens.insert(chance.one(of: Self.lines(other), else: []), at: place)
            case 8:
                let count = chance.number(0...9) == 0 ? chance.number(500...4000) : chance.number(2...40)
                tokens.insert(contentsOf: [[UInt8]](repeating: tokens[place], count: count), at: place)
            default: tokens.removeSubrange(place..<min(tokens.count, place + chance.number(1...12)))
            }
        }
        var result: [UInt8] = []
        for token in tokens where result.count < limit { result += token.prefix(limit - result.count) }
        return result
    }

    /// Runs of letters, digits and dashes; every other byte alone.
    private static func tokens(_ text: [UInt8]) -> [[UInt8]] {
        var tokens: [[UInt8]] = []
        var isWord = false
        for byte in text {
            let belongs =
                byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x5F
            if belongs, isWord { tokens[tokens.count - 1].append(byte) } else { tokens.append([byte]) }
            isWord = belongs
        }
        return tokens
    }

    private static func lines(_ text: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        for byte in text {
            lines[lines.count - 1].append(byte)
            if byte == 0x0A { lines.append([]) }
        }
        return lines
    }
}
