/// A named set of statements. Meaning as in Cedar: nothing is allowed unless a statement allows it, and one statement
/// that forbids outweighs all that allow (Cutler et al., OOPSLA 2024). No loops, no expressions, bounded cost.
package struct Policy: Hashable, Sendable {
    package static let mostStatements = 64
    /// Longest text that is kept with the statements, in bytes: a command with both stays an entry of the log.
    package static let mostDocumentBytes = 24 * 1024

    package let name: String
    /// Counts the changes from 1; set when the policy is stored.
    package var version: UInt64
    package var statements: [PolicyStatement]
    /// The text that the statements were read from, with its comments and order, for whoever looks the policy up.
    /// Decides nothing; empty where it was not kept.
    package var document: String

    package init(name: String, version: UInt64 = 0, statements: [PolicyStatement], document: String = "") {
        self.name = name
        self.version = version
        self.statements = statements
        self.document = document
    }

    /// What is wrong with it, or nil.
    package var problem: String? {
        guard NameRules.isName(name) else { return "a policy's name must be 1-63 of a-z, 0-9 and -" }
        guard (1...Self.mostStatements).contains(statements.count) else {
            return "policy \(name) must have 1 to \(Self.mostStatements) statements"
        }
        guard document.utf8.count <= Self.mostDocumentBytes else {
            return "the text kept with policy \(name) has more than \(Self.mostDocumentBytes) bytes"
        }
        for (position, statement) in statements.enumerated() {
            if let problem = statement.problem { return "policy \(name), statement \(position + 1): \(problem)" }
            if statements[..<position].contains(where: { NameRules.same($0.id, statement.id) }) {
                return "policy \(name) has two statements \(statement.id)"
            }
        }
        return nil
    }
}

/// Who may, or may not, do what with which keys under which context.
package struct PolicyStatement: Hashable, Sendable {
    /// Whether the statement allows or forbids.
    package enum Effect: String, Hashable, Sendable, CaseIterable { case allow, forbid }

    package static let mostPrincipals = 64
    package static let mostConditions = 16

    /// Unique in its policy; decisions name it.
    package let id: String
    package let effect: Effect
    /// Any of them.
    package let principals: [PrincipalPattern]
    /// Any of them.
    package let actions: [ActionSelector]
    package let keys: KeySelector
    /// All of them.
    package let conditions: [ContextCondition]

    package init(
        id: String, effect: Effect, principals: [PrincipalPattern], actions: [ActionSelector], keys: KeySelector = .any,
        conditions: [ContextCondition] = []
    ) {
        self.id = id
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.keys = keys
        self.conditions = conditions
    }

    /// What is wrong with it, or nil.
    package var problem: String? {
        guard NameRules.isName(id) else { return "the id must be 1-63 of a-z, 0-9 and -" }
        guard (1...Self.mostPrincipals).contains(principals.count) else {
            return "1 to \(Self.mostPrincipals) principals are needed"
        }
        guard (1...Action.allCases.count + ActionGroup.allCases.count).contains(actions.count) else {
            return "at least one action is needed, and none twice"
        }
        guard keys.tags.count <= KeySelector.mostTags, conditions.count <= Self.mostConditions else {
            return "at most \(KeySelector.mostTags) tags and \(Self.mostConditions) conditions are taken"
        }
        let tagsAreText = keys.tags.allSatisfy {
            NameRules.isPrintable($0.key, 1...128) && NameRules.isPrintable($0.value, 0...256)
        }
        let conditionsAreText = conditions.allSatisfy { condition in
            guard (1...256).contains(condition.key.utf8.count) else { return false }
            switch condition.test {
            case .present: return true
            case .equals(let text), .prefix(let text): return text.utf8.count <= 1024
            }
        }
        return tagsAreText && conditionsAreText ? nil : "a tag or a condition is too long or not printable"
    }
}
