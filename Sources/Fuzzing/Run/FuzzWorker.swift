import Adversary
import CFuzzer
import Glibc
import Synchronization

/// One decoder under libFuzzer, which takes the process for itself: it ends it at the first failure and when the time
/// is over.
package enum FuzzWorker {
    private struct State: Sendable {
        var decoder: FuzzedDecoder
        var seeds: [[UInt8]]
        var mutator: Mutator
    }

    private static let state = Mutex<State?>(nil)

    /// Whether this build has libFuzzer in it.
    package static var isPossible: Bool { claviger_fuzzer_is_linked() != 0 }

    /// Hands the process over with the arguments of libFuzzer; gives back its exit code.
    package static func run(_ decoder: FuzzedDecoder, arguments: [String]) throws -> Int32 {
        let seeds = try decoder.seeds()
        state.withLock { $0 = State(decoder: decoder, seeds: seeds, mutator: Mutator(seed: 1, words: seeds)) }
        var words = (["claviger-fuzz"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var count = Int32(words.count - 1)
        return words.withUnsafeMutableBufferPointer { buffer in
            var base = buffer.baseAddress
            return claviger_fuzzer_run(&count, &base) { data, size in
                FuzzWorker.examine(UnsafeBufferPointer(start: data, count: size))
                return 0
            }
        }
    }

    private static func examine(_ input: UnsafeBufferPointer<UInt8>) {
        guard let decoder = state.withLock({ $0?.decoder }) else { return }
        do {
            try decoder.examine(Array(input))
        } catch {
            // Told apart from a trap by this line; libFuzzer keeps the input of either.
            let line = Array("finding: \(error)\n".utf8)
            _ = Glibc.write(2, line, line.count)
            abort()
        }
    }

    fileprivate static func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32)
        -> Int
    {
        let plan = state.withLock { state -> (input: [UInt8], shape: InputShape)? in
            guard var known = state.take() else { return nil }
            defer { state = known }
            known.mutator.chance = Chance(seed: UInt64(seed))
            // Every other time it is libFuzzer's turn, which knows what was compared with what.
            guard known.mutator.chance.number(0...1) == 0 else { return ([], known.decoder.shape) }
            let input = Array(UnsafeBufferPointer(start: data, count: size))
            let other = known.mutator.chance.one(of: known.seeds, else: [])
            let varied = known.mutator.variation(of: input, and: other, shape: known.decoder.shape, limit: limit)
            return (varied, known.decoder.shape)
        }
        guard let plan else { return size }
        var result = plan.input
        if result.isEmpty {
            let count = claviger_fuzzer_mutate(data, size, limit)
            guard case .checked(let repair) = plan.shape, seed % 4 > 0 else { return count }
            result = Array(UnsafeBufferPointer(start: data, count: count))
            repair(&result)
        }
        for (place, byte) in result.prefix(limit).enumerated() { data[place] = byte }
        return min(limit, result.count)
    }
}

/// What libFuzzer asks for variations.
@_cdecl("LLVMFuzzerCustomMutator")
package func fuzzerCustomMutator(
    _ data: UnsafeMutablePointer<UInt8>?, _ size: Int, _ limit: Int, _ seed: UInt32
) -> Int {
    guard let data else { return 0 }
    return FuzzWorker.mutate(data, size, limit, seed)
}
