import Adversary

/// Makes new inputs of old ones.
struct Mutator {
    var chance: Chance
    private var text: TextMutator

    init(seed: UInt64, words: [[UInt8]]) {
        chance = Chance(seed: seed)
        text = TextMutator(samples: words)
    }

    /// A variation of `input` of at most `limit` bytes. `other` is another input of the same decoder.
    mutating func variation(of input: [UInt8], and other: [UInt8], shape: InputShape, limit: Int) -> [UInt8] {
        var result = input
        switch shape {
        case .bytes: result = bytes(input, other)
        case .protobuf:
            if chance.number(0...9) < 7, var tree = ProtobufTree(input) {
                for _ in 0..<chance.number(1...3) { tree.vary(&chance, with: ProtobufTree(other)) }
                result = tree.bytes
            } else {
                result = bytes(input, other)
            }
        case .text:
            result =
                chance.number(0...9) < 8
                ? text.variation(of: input, and: other, limit: limit, &chance) : bytes(input, other)
        case .checked(let repair):
            result = bytes(input, other)
            if result.count > limit { result.removeLast(result.count - limit) }
            if chance.number(0...9) < 8 { repair(&result) }
        }
        if result.count > limit { result.removeLast(result.count - limit) }
        return result
    }

    private mutating func bytes(_ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
        guard !input.isEmpty else { return chance.bytes(0...32) }
        switch chance.number(0...9) {
        case 0...4: return chance.mutated(input)
        case 5, 6: return overwritten(input)
        case 7: return spliced(input, other)
        case 8: return repeated(input)
        default: return overwritten(chance.mutated(input))
        }
    }

    /// A number of one to eight bytes in the place of what is there: counts, lengths, indices.
    private mutating func overwritten(_ input: [UInt8]) -> [UInt8] {
        guard !input.isEmpty else { return chance.bytes(0...8) }
        var result = input
        for _ in 0..<chance.number(1...3) {
            let width = min(chance.one(of: [1, 2, 4, 8], else: 1), result.count)
            let place = chance.number(0...result.count - width)
            let value = chance.number(0...3) == 0 ? UInt64(result.count - place) : chance.integer()
            for offset in 0..<width {
                result[place + offset] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (width - 1 - offset)))
            }
        }
        return result
    }

    private mutating func spliced(_ input: [UInt8], _ other: [UInt8]) -> [UInt8] {
        guard !other.isEmpty else { return input }
        let head = input.prefix(chance.number(0...input.count))
        return Array(head) + other.dropFirst(chance.number(0...other.count))
    }

    private mutating func repeated(_ input: [UInt8]) -> [UInt8] {
        let first = chance.number(0...input.count - 1)
        let piece = input[first..<min(input.count, first + chance.number(1...64))]
        let count = chance.number(0...9) == 0 ? chance.number(100...2000) : chance.number(1...8)
        return Array(input[..<first]) + (0..<count).flatMap { _ in piece } + Array(input[first...])
    }
}
