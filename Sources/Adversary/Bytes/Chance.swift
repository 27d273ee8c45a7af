import Raft

/// Random choices from a seed, so that an attack can be repeated.
package struct Chance: RandomNumberGenerator, Sendable {
    private var source: Randomness

    package init(seed: UInt64) { source = Randomness(seed: seed) }

    package mutating func next() -> UInt64 { source.next() }

    /// Any number of the range.
    package mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// Any byte.
    package mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

    /// So many random bytes.
    package mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        let count = number(range)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: next()) { bytes.append(contentsOf: $0) } }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// One of the choices; the fallback if there are none.
    package mutating func one<Choice>(of choices: [Choice], else fallback: Choice) -> Choice {
        choices.isEmpty ? fallback : choices[number(0...choices.count - 1)]
    }

    /// Any number, small ones and those at the edges of their types more often.
    package mutating func integer() -> UInt64 {
        switch number(0...5) {
        case 0: UInt64(number(0...16))
        case 1: UInt64(UInt32.max) &+ UInt64(number(0...2)) &- 1
        case 2: UInt64.max &- UInt64(number(0...2))
        case 3: UInt64(1) << UInt64(number(0...63))
        default: next() >> UInt64(number(0...63))
        }
    }

    /// The bytes with one to four things done to them: a bit flipped, a byte replaced, an end cut off, a piece doubled,
    /// lost or put in between.
    package mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<number(1...4) {
            guard !bytes.isEmpty else { return self.bytes(1...16) }
            let place = number(0...bytes.count - 1)
            switch number(0...6) {
            case 0: bytes.removeLast(bytes.count - place)
            case 1: bytes.insert(contentsOf: self.bytes(1...9), at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + number(1...9)))
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + number(1...30))], at: place)
            case 4: bytes[place] = one(of: [0x00, 0x7F, 0x80, 0xFF], else: 0)
            default: bytes[place] ^= 1 << UInt8(number(0...7))
            }
        }
        return bytes
    }
}
