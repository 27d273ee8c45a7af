import Adversary

/// Some thousand variations without coverage, the same ones every time: what a test can afford.
package enum FuzzBurst {
    /// Examines variations of the decoder's seeds and of what was kept of them. Throws a `FuzzFailure` with the input.
    package static func run(_ decoder: FuzzedDecoder, seed: UInt64, count: Int) throws -> [FuzzVerdict: Int] {
        let seeds = try decoder.seeds()
        var mutator = Mutator(seed: seed, words: seeds)
        var pool = seeds
        var verdicts: [FuzzVerdict: Int] = [:]
        for _ in 0..<count {
            let (one, other) = (mutator.chance.one(of: pool, else: []), mutator.chance.one(of: pool, else: []))
            let input = mutator.variation(of: one, and: other, shape: decoder.shape, limit: decoder.limit)
            let verdict: FuzzVerdict
            do {
                verdict = try decoder.examine(input)
            } catch {
                throw FuzzFailure(decoder: decoder.name, input: input, reason: error.description)
            }
            verdicts[verdict, default: 0] += 1
            // What is accepted is worth going on from: it got past the checks.
            if verdict == .accepted, pool.count < 64 { pool.append(input) }
        }
        return verdicts
    }
}

/// An input that a decoder fails on.
package struct FuzzFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let decoder: String
    package let input: [UInt8]
    package let reason: String

    package var description: String { "\(decoder): \(reason)\ninput: \(Hexadecimal.text(input))" }
}
