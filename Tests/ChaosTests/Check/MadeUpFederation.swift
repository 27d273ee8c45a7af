import Chaos
import KeyModel

/// A federation of one key as it should be: calls overlap, answers are lost, reads are stale, versions wait and are
/// activated later. What it writes down is right whatever the seed.
struct MadeUpFederation {
    /// What becomes due at a time.
    private enum Event {
        /// A client asks.
        case ask(client: Int)
        /// A call has its effect.
        case effect(call: Int, client: Int, end: Double?)
        case activation(version: Int)
    }

    private(set) var history = HistoryBuilder([.lifecycle])
    private var generator: SplitMix
    private var queue: [(at: Double, event: Event)] = []
    private var key: ChaosCall.KeyFacts?
    /// All states so far, by when they began.
    private var past: [(at: Double, key: ChaosCall.KeyFacts?)] = [(0, nil)]
    private var seen: [Int: UInt64] = [:]
    private let staleness: Double

    /// - Parameter seconds: how long clients go on asking, about five times a second each.
    init(seed: UInt64, clients: Int = 6, seconds: Double = 40, staleness: Double = 10) {
        generator = SplitMix(state: seed)
        self.staleness = staleness
        for client in 0..<clients { queue.append((chance(0...1), .ask(client: client))) }
        while let next = queue.indices.min(by: { queue[$0].at < queue[$1].at }) {
            let (at, event) = queue.remove(at: next)
            switch event {
            case .ask(let client): if at < seconds { ask(client, at) }
            case .effect(let call, let client, let end): effect(call, client, at, end)
            case .activation(let version): activate(version, at)
            }
        }
        history.found(history.key, key != nil)
    }

    // MARK: - Clients

    private mutating func ask(_ client: Int, _ at: Double) {
        let request = request(client)
        let isLost =
            request != .describe(isConfirmed: true) && request != .describe(isConfirmed: false)
            && Int.random(in: 0..<20, using: &generator) == 0
        let call = history.call(
            .lifecycle, request, at, at + 10, .unknown(code: "outcomeUnknown"), node: nil, client: client)
        let effect = at + chance(0.001...0.2)
        if isLost {
            // It may happen late, or never.
            if Bool.random(using: &generator) {
                queue.append((at + chance(0.001...15), .effect(call: call, client: client, end: nil)))
            }
            queue.append((at + 10, .ask(client: client)))
        } else {
            let end = effect + chance(0.001...0.1)
            queue.append((effect, .effect(call: call, client: client, end: end)))
        }
    }

    private mutating func request(_ client: Int) -> ChaosCall.Request {
        let tags = ["by": "c\(client)-\(Int.random(in: 0..<1_000_000, using: &generator))"]
        guard let generation = seen[client] else { return .create(tags: tags) }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<20: return .rotate(expected: generation)
        case 20..<25: return .rotate(expected: 0)
        case 25..<31: return .disable
        case 31..<45: return .enable
        case 45..<60: return .setTags(tags)
        case 60..<62: return .create(tags: tags)
        case 62..<82: return .describe(isConfirmed: true)
        default: return .describe(isConfirmed: false)
        }
    }

    private mutating func chance(_ range: ClosedRange<Double>) -> Double {
        Double.random(in: range, using: &generator)
    }

    // MARK: - The key

    private mutating func effect(_ call: Int, _ client: Int, _ at: Double, _ end: Double?) {
        let outcome = outcome(of: history.record.calls[call].request, at)
        guard let end else { return }
        queue.append((end + chance(0.05...0.3), .ask(client: client)))
        history.record.calls[call].outcome = outcome
        history.record.calls[call].end = HistoryBuilder.time(end)
        switch outcome {
        case .done(.key(let facts)): seen[client] = facts.generation
        case .refused("alreadyExists"): seen[client] = seen[client] ?? 1
        default: break
        }
    }

    private mutating func outcome(of request: ChaosCall.Request, _ at: Double) -> ChaosCall.Outcome {
        if case .describe(let isConfirmed) = request {
            let moment = isConfirmed ? at : max(0, at - chance(0...staleness * 0.95))
            let state = past.last { $0.at <= moment }?.key
            return state.map { .done(.key($0)) } ?? .refused(code: "keyNotFound")
        }
        guard var facts = key else {
            guard case .create(let tags) = request else { return .refused(code: "keyNotFound") }
            return become(HistoryBuilder.facts(1, tags: tags), at)
        }
        switch request {
        case .create: return .refused(code: "alreadyExists")
        case .disable: facts.isEnabled = false
        case .enable: facts.isEnabled = true
        case .setTags(let tags): facts.tags = tags
        case .rotate(let expected):
            if expected != 0, expected != facts.generation { return .refused(code: "generationConflict") }
            if expected == 0, Int.random(in: 0..<5, using: &generator) == 0 {
                return .refused(code: "generationConflict")
            }
            guard facts.isEnabled else { return .refused(code: "invalidKeyState") }
            guard facts.versions.last != .preActive else { return become(facts, at) }
            facts.versions.append(.preActive)
            let version = facts.versions.count
            // Half of them are activated before the call is answered.
            if Bool.random(using: &generator) {
                _ = become(facts, at)
                activate(version, at)
                return key.map { .done(.key($0)) } ?? .refused(code: "keyNotFound")
            }
            queue.append((at + chance(0.5...4), .activation(version: version)))
        default: break
        }
        return become(facts, at)
    }

    private mutating func become(_ facts: ChaosCall.KeyFacts, _ at: Double) -> ChaosCall.Outcome {
        var facts = facts
        if let key, facts != key { facts.generation = key.generation + 1 }
        if facts != key { past.append((at, facts)) }
        key = facts
        return .done(.key(facts))
    }

    private mutating func activate(_ version: Int, _ at: Double) {
        guard var facts = key, facts.versions.count == version, facts.versions.last == .preActive else { return }
        guard facts.isEnabled else {
            if !queue.isEmpty { queue.append((at + 0.5, .activation(version: version))) }
            return
        }
        facts.versions[Int(facts.primary) - 1] = .deactivated
        facts.versions[version - 1] = .active
        facts.primary = UInt32(version)
        _ = become(facts, at)
    }
}

/// Randomness that is the same for the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
