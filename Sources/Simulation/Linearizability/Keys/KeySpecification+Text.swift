import KeyModel

extension KeySpecification {
    package func text(of request: KeyRequest) -> String {
        let words: String
        switch request.action {
        case .create(let id, let tags): words = "create \(short(id))\(text(of: tags))"
        case .rotate(let expected): words = "rotate expecting generation \(expected)"
        case .activate(let number): words = "activate \(number)"
        case .disable: words = "disable"
        case .enable: words = "enable"
        case .setTags(let tags): words = "set tags\(text(of: tags))"
        case .describe: words = "describe"
        case .encrypt(let number): words = "encrypt\(number.map { " with \($0)" } ?? "")"
        case .decrypt(let number): words = "decrypt from \(number)"
        }
        guard let idempotency = request.idempotency else { return "\(request.key): \(words)" }
        return "\(request.key): \(words) (request \(short(idempotency.key)))"
    }

    package func text(of answer: KeyAnswer) -> String {
        switch answer {
        case .key(let facts): text(of: facts)
        case .encrypted(let id, let number): "encrypted by \(short(id)) with \(number)"
        case .decrypted: "decrypted"
        case .refused(let code): "refused: \(code.rawValue)"
        }
    }

    package func text(of state: State) -> String {
        var parts = state.keys.sorted { $0.key < $1.key }.map { "\($0.key) \(text(of: $0.value))" }
        if parts.isEmpty { parts.append("no key") }
        parts += state.answered.map { "request \(short($0.key.key)) is answered" }.sorted()
        return parts.joined(separator: "; ")
    }

    private func text(of facts: KeyFacts) -> String {
        let versions = facts.versions.suffix(6).map(short).joined(separator: " ")
        let dots = facts.versions.count > 6 ? "… " : ""
        return "\(short(facts.id)) generation \(facts.generation), primary \(facts.primary) of \(dots)\(versions)"
            + (facts.isEnabled ? "" : ", disabled") + text(of: facts.tags)
    }

    private func text(of tags: [KeyTag]) -> String {
        tags.isEmpty ? "" : " [" + tags.map { "\($0.key)=\($0.value)" }.joined(separator: " ") + "]"
    }

    private func short(_ key: [UInt8]) -> String {
        key.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The last digits tell ids of one history apart, drawn at random or counted.
    private func short(_ id: KeyID) -> String { String(id.description.suffix(6)) }

    private func short(_ state: KeyState) -> String {
        switch state {
        case .preActive: "waiting"
        case .active: "active"
        case .suspended: "suspended"
        case .deactivated: "old"
        case .compromised: "compromised"
        case .pendingDestruction: "condemned"
        case .destroyed: "destroyed"
        }
    }
}
