/// A demand on the encryption context of a request. Compared byte by byte.
package struct ContextCondition: Hashable, Sendable {
    /// What is asked of the entry's value.
    package enum Test: Hashable, Sendable {
        case present
        case equals(String)
        case prefix(String)
    }

    package let key: String
    package let test: Test

    package init(key: String, test: Test) {
        self.key = key
        self.test = test
    }

    /// Whether the caller's context meets the condition.
    package func holds(in context: [ContextEntry]) -> Bool {
        guard let value = context.first(where: { NameRules.same($0.key, key) })?.value else { return false }
        switch test {
        case .present: return true
        case .equals(let expected): return NameRules.same(value, expected)
        case .prefix(let expected): return value.utf8.starts(with: expected.utf8)
        }
    }
}

/// One pair of a caller's encryption context: not secret, bound to the ciphertext, visible to policies and audit.
package struct ContextEntry: Hashable, Sendable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
