package import KeyModel

/// What a client asks about one key.
package struct KeyRequest: Hashable, Sendable {
    /// What is to be done with the key.
    package enum Action: Hashable, Sendable {
        /// Ids are drawn by whoever proposes, and never twice.
        case create(id: KeyID, tags: [KeyTag])
        case rotate(expected: UInt64)
        case activate(KeyVersionNumber)
        case disable, enable
        case setTags([KeyTag])

        /// Reads what a quorum has now.
        case describe
        /// Reads whether the version may protect; nil stands for the primary one.
        case encrypt(KeyVersionNumber?)
        /// Reads whether the version may open.
        case decrypt(KeyVersionNumber)
    }

    package var key: KeyName
    package var action: Action
    /// Idempotency keys are a caller's own.
    package var principal: String
    /// Of changes only: a read with one is not remembered.
    package var idempotency: Idempotency?

    package init(_ action: Action, of key: KeyName, principal: String = "", idempotency: Idempotency? = nil) {
        self.key = key
        self.action = action
        self.principal = principal
        self.idempotency = idempotency
    }

    /// Whether the key stays as it is.
    package var isReading: Bool {
        switch action {
        case .describe, .encrypt, .decrypt: true
        case .create, .rotate, .activate, .disable, .enable, .setTags: false
        }
    }
}

extension KeyRequest {
    /// A command of a placement group's log, or nil for one that is about no key.
    package init?(_ command: KeyCommand) {
        let (action, key): (Action, KeyName)
        switch command.body {
        case .createKey(let body): (action, key) = (.create(id: body.id, tags: body.tags), body.name)
        case .rotateKey(let name, let expected, _): (action, key) = (.rotate(expected: expected), name)
        case .activateVersion(let name, let number): (action, key) = (.activate(number), name)
        case .disableKey(let name): (action, key) = (.disable, name)
        case .enableKey(let name): (action, key) = (.enable, name)
        case .setTags(let name, let tags): (action, key) = (.setTags(tags), name)
        case .initialize, .admitHolder, .removeHolder, .updatePlacement, .beginEpoch, .recordReceipt, .activateEpoch,
            .retireEpoch, .putTenantKey, .putPolicy, .deletePolicy, .raiseFeatureLevel:
            return nil
        }
        self.init(action, of: key, principal: command.header.principal, idempotency: command.header.idempotency)
    }
}

/// What a client is told about a key.
package enum KeyAnswer: Hashable, Sendable {
    case key(KeyFacts)
    /// With which version of which key.
    case encrypted(KeyID, KeyVersionNumber)
    case decrypted
    /// Refusals are facts like any other.
    case refused(KMSError.Code)
}

extension KeyAnswer {
    /// What a committed command came to, or nil for one that is about no key.
    package init?(_ outcome: CommandOutcome) {
        switch outcome {
        case .created(let key), .updated(let key): self = .key(KeyFacts(key))
        case .rejected(let code, _): self = .refused(code)
        case .accepted, .epoch: return nil
        }
    }
}

/// What a client sees of a key: all but wraps and times.
package struct KeyFacts: Hashable, Sendable {
    package var id: KeyID
    package var generation: UInt64
    package var primary: KeyVersionNumber
    /// By number, from 1.
    package var versions: [KeyState]
    /// By tag key.
    package var tags: [KeyTag]
    package var isEnabled: Bool

    package init(
        id: KeyID, generation: UInt64, primary: KeyVersionNumber, versions: [KeyState], tags: [KeyTag], isEnabled: Bool
    ) {
        self.id = id
        self.generation = generation
        self.primary = primary
        self.versions = versions
        self.tags = tags
        self.isEnabled = isEnabled
    }

    package init(_ key: Key) {
        self.init(
            id: key.id, generation: key.generation, primary: key.primary, versions: key.versions.map(\.state),
            tags: key.tags, isEnabled: key.isEnabled)
    }

    /// The state of a version, or nil where there is no such version.
    package func state(of number: KeyVersionNumber) -> KeyState? {
        number.rawValue >= 1 && number.rawValue <= versions.count ? versions[Int(number.rawValue) - 1] : nil
    }
}
