/// Everything that can be asked. The raw values stand in policies; the list is closed.
package enum Action: String, Hashable, Sendable, CaseIterable {
    case encrypt, decrypt
    case createKey, describeKey, listKeys, rotateKey, disableKey, enableKey, tagKey
    case putPolicy, getPolicy, explainPolicy
    /// Of the whole cluster: no key is concerned.
    case applyTopology, readCluster, manageNodes, transferLeadership
}

/// Names for sets of actions. Managing does not include using: an administrator of keys is no user of them
/// unless another statement says so.
package enum ActionGroup: String, Hashable, Sendable, CaseIterable {
    case use, manage, admin, read

    package var actions: [Action] {
        switch self {
        case .use: [.encrypt, .decrypt]
        case .manage: [.createKey, .rotateKey, .disableKey, .enableKey, .tagKey]
        case .admin: [.putPolicy, .applyTopology, .manageNodes, .transferLeadership]
        case .read: [.describeKey, .listKeys, .getPolicy, .explainPolicy, .readCluster]
        }
    }
}

/// What a statement says under `actions`.
package enum ActionSelector: Hashable, Sendable {
    case action(Action)
    case group(ActionGroup)

    /// Reads the word for an action or a group. Throws `invalidRequest` with the words there are.
    package init(parsing word: String) throws(KMSError) {
        if let action = Action(rawValue: word) {
            self = .action(action)
        } else if let group = ActionGroup(rawValue: word) {
            self = .group(group)
        } else {
            let words = ActionGroup.allCases.map(\.rawValue) + Action.allCases.map(\.rawValue)
            throw KMSError(.invalidRequest, "an action is one of \(words.joined(separator: ", "))")
        }
    }

    package var rawValue: String {
        switch self {
        case .action(let action): action.rawValue
        case .group(let group): group.rawValue
        }
    }

    package var actions: [Action] {
        switch self {
        case .action(let action): [action]
        case .group(let group): group.actions
        }
    }
}
