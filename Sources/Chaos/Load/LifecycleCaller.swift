import ClientAPI

/// What one client of a lifecycle load does next, from what it has seen so far.
package struct LifecycleCaller: Sendable {
    private struct Seen: Sendable {
        var generation: UInt64
        var isEnabled: Bool
    }

    private var randomness: LoadRandomness
    private let client: Int
    private let keys: Int
    private var seen: [Int: Seen] = [:]

    /// - Parameters:
    ///   - seed: of the run; each client of it chooses for itself.
    ///   - keys: how many there are, at least one.
    package init(seed: UInt64, client: Int, keys: Int) {
        randomness = LoadRandomness(seed: seed, stream: UInt64(client))
        self.client = client
        self.keys = keys
    }

    /// The key's number and what to ask. The first call about a key tries to make it: so do the other clients.
    ///
    /// - Parameter number: counts the client's calls from 0.
    package mutating func next(_ number: Int) -> (key: Int, request: ChaosCall.Request) {
        let key = number < keys ? number : Int.random(in: 0..<keys, using: &randomness)
        let tags = ["by": "c\(client)-\(number)"]
        guard let seen = seen[key] else {
            return (key, randomness.chance(80) ? .create(tags: tags) : .describe(isConfirmed: randomness.chance(70)))
        }
        // A disabled key is enabled before long, or little else could happen to it.
        let choice = Int.random(in: 0..<100, using: &randomness)
        switch choice {
        case 0..<25: return (key, .rotate(expected: expected(seen.generation)))
        case 25..<45: return (key, randomness.chance(seen.isEnabled ? 40 : 5) ? .disable : .enable)
        case 45..<60: return (key, .setTags(tags))
        case 60..<62: return (key, .create(tags: tags))
        case 62..<82: return (key, .describe(isConfirmed: true))
        default: return (key, .describe(isConfirmed: false))
        }
    }

    /// Any in half of the cases, or other clients' changes would let few rotations pass; else what was last seen, or an
    /// older one on purpose.
    private mutating func expected(_ generation: UInt64) -> UInt64 {
        switch Int.random(in: 0..<10, using: &randomness) {
        case 0..<5: 0
        case 5..<7: generation > 1 ? generation - 1 : generation
        default: generation
        }
    }

    /// Takes notice of how a call about a key ended.
    package mutating func saw(_ outcome: ChaosCall.Outcome, of key: Int) {
        switch outcome {
        case .done(.key(let facts)):
            seen[key] = Seen(generation: facts.generation, isEnabled: facts.isEnabled)
        case .refused(ClientError.Code.alreadyExists.rawValue):
            if seen[key] == nil { seen[key] = Seen(generation: 1, isEnabled: true) }
        case .done, .refused, .unknown:
            break
        }
    }
}
