/// FNV-1a, 64 bits (Fowler, Noll, Vo): the same in every process, unlike `Hasher`. For comparing what should be equal,
/// not for anything that somebody chooses to collide.
package struct StableHash: Hashable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package init(_ bytes: [UInt8]) {
        self.init()
        bytes.withUnsafeBytes { for byte in $0 { mix(byte) } }
    }

    private mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    /// A whole word at a time: weaker than byte by byte, and enough to tell traces apart.
    package mutating func combine(_ word: UInt64) {
        value = (value ^ word) &* 0x0000_0100_0000_01B3
        value ^= value >> 29
    }
}
