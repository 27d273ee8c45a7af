package import ClientAPI
import KeyModel

extension ChaosCall.KeyFacts {
    /// What a message says of a key. Nil if it cannot be a key's: a bad id, gaps between versions, a state of no name.
    package init?(_ key: Claviger_V1_Key) {
        guard let id = KeyID(Array(key.id)) else { return nil }
        var states: [KeyState] = []
        for version in key.versions.sorted(by: { $0.number < $1.number }) {
            guard Int(version.number) == states.count + 1, let state = KeyState(version) else { return nil }
            states.append(state)
        }
        self.init(
            id: id, generation: key.generation, primary: key.primaryVersion, versions: states, tags: key.tags,
            isEnabled: key.enabled)
    }
}

extension KeyState {
    /// What callers see of a state; a compromised version looks suspended.
    fileprivate init?(_ version: Claviger_V1_KeyVersion) {
        switch version.state {
        case .pending: self = .preActive
        case .active: self = .active
        case .disabled: self = .suspended
        case .deactivated: self = .deactivated
        case .pendingDestruction: self = .pendingDestruction(deadline: version.destroyAfter, compromised: false)
        case .destroyed: self = .destroyed
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}

extension Answered {
    /// The answer to a change of a key. Its token says where the change stands in the log.
    init(_ response: Claviger_V1_KeyResponse) {
        self.init(
            ChaosCall.KeyFacts(response.key).map { .key($0) }, revision: Self.revision(Array(response.consistencyToken))
        )
    }

    init(_ key: Claviger_V1_Key) { self.init(ChaosCall.KeyFacts(key).map { .key($0) }) }

    /// Which version of which key protected a plaintext.
    init(_ response: Claviger_V1_EncryptResponse) {
        self.init(KeyID(Array(response.keyID)).map { .encrypted(id: $0, version: response.keyVersion) })
    }

    /// The index in a consistency token: format 1, group, index. Nil for other bytes.
    static func revision(_ token: [UInt8]) -> UInt64? {
        guard token.count == 17, token[0] == 1 else { return nil }
        return token[9...].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
