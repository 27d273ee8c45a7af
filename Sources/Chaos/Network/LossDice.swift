/// The throws that decide which packets are lost: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Each direction has its
/// own, so that what one link loses does not depend on the traffic of another.
struct LossDice: Sendable {
    private var state: UInt64

    init(seed: UInt64, from: IPv4Address, to: IPv4Address) {
        state = seed ^ (UInt64(from.number) << 32 | UInt64(to.number))
        // Neighbouring addresses give neighbouring states; one step parts them.
        state = next()
    }

    /// Whether an event of this probability happens now. NaN never does.
    mutating func falls(at probability: Double) -> Bool {
        guard probability > 0 else { return false }
        return Double(next() >> 11) * 0x1p-53 < probability
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
