/// A running 128-bit hash of words, the same in every process and on every machine. It tells whether two
/// runs were the same; it is no defence against someone who looks for collisions.
///
/// Two lanes of 64 bits take every word, each with a multiplication by an odd constant and SplitMix64's shifts (Steele,
/// Lea, Flood, OOPSLA 2014), and the second also takes the first. A lane's step is invertible, so two runs that differ
/// in one word alone never have the same hash. `Hasher` would not do: its seed is another one in each process.
package struct TraceHash: Hashable, Sendable, CustomStringConvertible {
    // Digits of the fractions of the square roots of 2 and 3: nothing up the sleeve.
    private var first: UInt64 = 0x6A09_E667_F3BC_C908
    private var second: UInt64 = 0xBB67_AE85_84CA_A73B

    package init() {}

    /// Takes one word in.
    package mutating func absorb(_ word: UInt64) {
        var mixed = (first ^ word) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        first = mixed ^ (mixed >> 27)
        var other = (second &+ word ^ first) &* 0xD134_2543_DE82_EF95
        other = (other ^ (other >> 31)) &* 0x94D0_49BB_1331_11EB
        second = other ^ (other >> 29)
    }

    /// The 128 bits.
    package var words: (UInt64, UInt64) {
        var last = self
        last.absorb(0)
        return (last.first, last.second)
    }

    /// 32 hexadecimal digits.
    package var description: String {
        let (first, second) = words
        return Self.digits(first) + Self.digits(second)
    }

    private static func digits(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
