/// A small seeded generator (SplitMix64; Steele, Lea, Flood, OOPSLA 2014). For timing and for choices that are to be
/// repeated: it is no source of secrets.
package struct Randomness: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in `0 ..< bound`; zero when there is no choice. One step for every draw, without rejection, so that a
    /// trace does not depend on the standard library's algorithm.
    package mutating func draw(below bound: Int) -> Int {
        bound <= 1 ? 0 : Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
