package import KeyModel

/// The keys of the federation as one copy would keep them: written down once more, in as few words as they take, so
/// that a mistake in `KeyStateMachine` is not also one here. A test holds the two together.
///
/// Not in it: placements, tenants' keys and epochs, whose refusals a history has to be kept free of or, for tenants'
/// keys, allowed by `materialMayBeRefused`; and that idempotency records are forgotten after a day or 10,000 others.
package struct KeySpecification: SequentialSpecification {
    /// The keys that the requests are about, and what became of requests that may come again.
    package struct State: Hashable, Sendable {
        package internal(set) var keys: [KeyName: KeyFacts] = [:]
        var answered: [Repetition: Record] = [:]
    }

    /// What requests share: a key, or in one group an idempotency key that was used more than once.
    package enum Object: Hashable, Sendable {
        case key(KeyName)
        case repetition(Repetition)
    }

    /// An idempotency key: one placement's, and one caller's.
    package struct Repetition: Hashable, Sendable {
        let placement: PlacementName
        let principal: String
        let key: [UInt8]
    }

    struct Record: Hashable, Sendable {
        var digest: [UInt8]
        var answer: KeyAnswer
    }

    package let initialState = State()
    /// Whether creating and rotating may also be refused because the tenant's key or its epoch changed meanwhile.
    private let materialMayBeRefused: Bool
    /// The rest need not be remembered, and would make every state large. Only ever looked into.
    private let repeated: Set<Repetition>

    /// For the given requests, all of one history.
    package init(for requests: some Sequence<KeyRequest>, materialMayBeRefused: Bool = false) {
        var once: Set<Repetition> = []
        var repeated: Set<Repetition> = []
        for request in requests {
            guard let name = Self.repetition(request), !once.insert(name).inserted else { continue }
            repeated.insert(name)
        }
        self.repeated = repeated
        self.materialMayBeRefused = materialMayBeRefused
    }

    package func objects(of request: KeyRequest) -> [Object] {
        [.key(request.key)] + (remembered(request).map { [.repetition($0)] } ?? [])
    }

    /// A refusal changes no key; it is remembered where the request may come again.
    package func isReading(_ request: KeyRequest, answered answer: KeyAnswer?) -> Bool {
        if case .refused = answer { return remembered(request) == nil }
        return request.isReading
    }

    /// Who asks, and by which idempotency key, makes no difference to what is asked once; nor does the order of tags.
    package func canonical(_ request: KeyRequest) -> KeyRequest {
        var action = request.action
        if case .setTags(let tags) = action { action = .setTags(tags.sorted()) }
        guard remembered(request) != nil else { return KeyRequest(action, of: request.key) }
        return KeyRequest(action, of: request.key, principal: request.principal, idempotency: request.idempotency)
    }

    package func perform(_ request: KeyRequest, on state: inout State) -> KeyAnswer {
        guard let name = remembered(request), let digest = request.idempotency?.requestDigest else {
            return answer(request, on: &state.keys[request.key])
        }
        if let record = state.answered[name] {
            return record.digest == digest ? record.answer : .refused(.invalidRequest)
        }
        let answer = answer(request, on: &state.keys[request.key])
        state.answered[name] = Record(digest: digest, answer: answer)
        return answer
    }

    /// Refusals for reasons that are not in the state.
    package func alternative(to request: KeyRequest, answered answer: KeyAnswer, in state: State) -> State? {
        guard materialMayBeRefused, answer == .refused(.generationConflict) || answer == .refused(.invalidKeyState)
        else { return nil }
        switch request.action {
        case .create, .rotate: break
        case .activate, .disable, .enable, .setTags, .describe, .encrypt, .decrypt: return nil
        }
        let name = remembered(request)
        if let name, state.answered[name] != nil { return nil }
        // The material is looked at last: only what would have changed the key is refused for it.
        var next = state
        _ = self.answer(request, on: &next.keys[request.key])
        guard next.keys != state.keys else { return nil }
        next.keys = state.keys
        if let name, let digest = request.idempotency?.requestDigest {
            next.answered[name] = Record(digest: digest, answer: answer)
        }
        return next
    }

    /// Generations never fall, nor do primary versions. An answer that is remembered may be as old as it likes.
    package func mayAnswer(_ answer: KeyAnswer, to request: KeyRequest, from state: State) -> Bool {
        guard let key = state.keys[request.key], remembered(request) == nil else { return true }
        return switch answer {
        case .key(let facts): facts.generation >= key.generation
        case .encrypted(_, let number): number >= key.primary
        case .decrypted, .refused: true
        }
    }

    private static func repetition(_ request: KeyRequest) -> Repetition? {
        guard !request.isReading, let idempotency = request.idempotency else { return nil }
        return Repetition(placement: request.key.placement, principal: request.principal, key: idempotency.key)
    }

    private func remembered(_ request: KeyRequest) -> Repetition? {
        Self.repetition(request).flatMap { repeated.contains($0) ? $0 : nil }
    }
}

// MARK: - One key

extension KeySpecification {
    private func answer(_ request: KeyRequest, on key: inout KeyFacts?) -> KeyAnswer {
        do throws(KMSError) {
            switch request.action {
            case .create(let id, let tags): return .key(try create(&key, id, tags))
            case .describe: return .key(try present(key))
            case .encrypt(let number): return try encrypt(try present(key), number)
            case .decrypt(let number): return try decrypt(key, number)
            case .rotate, .activate, .disable, .enable, .setTags:
                var facts = try present(key)
                let before = facts
                try change(&facts, request.action)
                if facts != before { facts.generation += 1 }
                key = facts
                return .key(facts)
            }
        } catch {
            return .refused(error.code)
        }
    }

    private func present(_ key: KeyFacts?) throws(KMSError) -> KeyFacts {
        guard let key else { throw KMSError(.keyNotFound, "") }
        return key
    }

    private func create(_ key: inout KeyFacts?, _ id: KeyID, _ tags: [KeyTag]) throws(KMSError) -> KeyFacts {
        let tags = try KeyTag.checked(tags)
        guard key == nil else { throw KMSError(.alreadyExists, "") }
        let facts = KeyFacts(id: id, generation: 1, primary: .first, versions: [.active], tags: tags, isEnabled: true)
        key = facts
        return facts
    }

    /// A change that changes nothing is no change: the generation stays.
    private func change(_ key: inout KeyFacts, _ action: KeyRequest.Action) throws(KMSError) {
        switch action {
        case .rotate(let expected):
            guard key.generation == expected else { throw KMSError(.generationConflict, "") }
            guard key.isEnabled else { throw KMSError(.invalidKeyState, "") }
            // A version that waits is as new as another one would be.
            if key.versions.last == .preActive { return }
            guard key.versions.count < Key.mostVersions else { throw KMSError(.quotaExceeded, "") }
            key.versions.append(.preActive)
        case .activate(let number):
            guard let state = key.state(of: number) else { throw KMSError(.keyNotFound, "") }
            if key.primary == number, state == .active { return }
            guard key.isEnabled else { throw KMSError(.invalidKeyState, "") }
            // Versions are activated in their order, once: what waits is the last one.
            guard state == .preActive else { throw KMSError(.invalidKeyState, "") }
            key.versions[Int(key.primary.rawValue) - 1] = .deactivated
            key.versions[Int(number.rawValue) - 1] = .active
            key.primary = number
        case .disable: key.isEnabled = false
        case .enable: key.isEnabled = true
        case .setTags(let tags): key.tags = try KeyTag.checked(tags)
        case .create, .describe, .encrypt, .decrypt: break
        }
    }

    private func encrypt(_ key: KeyFacts, _ number: KeyVersionNumber?) throws(KMSError) -> KeyAnswer {
        let number = number ?? key.primary
        guard key.isEnabled, number == key.primary, key.state(of: number) == .active else {
            throw KMSError(.invalidKeyState, "")
        }
        return .encrypted(key.id, number)
    }

    private func decrypt(_ key: KeyFacts?, _ number: KeyVersionNumber) throws(KMSError) -> KeyAnswer {
        // One refusal for every ciphertext that is of no use here.
        guard let key, let state = key.state(of: number) else { throw KMSError(.ciphertextRejected, "") }
        guard key.isEnabled, state.permits(.process) else { throw KMSError(.invalidKeyState, "") }
        return .decrypted
    }
}
