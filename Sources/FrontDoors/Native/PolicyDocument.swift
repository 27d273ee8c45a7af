package import KeyModel
import YAMLGuard
import Yams

/// A policy as people write it, in YAML or JSON:
///
///     statements:
///       - id: clusters
///         effect: allow
///         principals: ["spiffe://example.org/workload/*"]
///         actions: [use, describeKey]
///         keys: {tenant: acme, name: "k8s*", tags: {team: platform}}
///         when: [{key: purpose, equals: backup}]
package enum PolicyDocument {
    private static let limit = 64 * 1024

    private struct Document: Codable {
        struct Statement: Codable {
            struct Keys: Codable {
                var placement: String?
                var tenant: String?
                var name: String?
                var tags: [String: String]?
            }

            struct Condition: Codable {
                var key: String
                var equals: String?
                var prefix: String?
                var present: Bool?
            }

            var id: String
            var effect: String
            var principals: [String]
            var actions: [String]
            var keys: Keys?
            var when: [Condition]?
        }

        var statements: [Statement]
    }

    /// The policy, with the text where that is not too long to be kept. Throws `invalidRequest` with one sentence that
    /// says what is wrong.
    package static func parse(_ text: String, name: String) throws(KMSError) -> Policy {
        guard text.utf8.count <= limit else { throw KMSError(.invalidRequest, "a policy has at most \(limit) bytes") }
        if let problem = YAMLForm.problem(in: text) { throw KMSError(.invalidRequest, "the policy, \(problem)") }
        let document: Document
        do {
            document = try YAMLDecoder().decode(Document.self, from: text)
        } catch let error as DecodingError {
            throw KMSError(.invalidRequest, describe(error))
        } catch {
            throw KMSError(.invalidRequest, "the policy is not valid YAML or JSON")
        }
        var statements: [PolicyStatement] = []
        for statement in document.statements { statements.append(try self.statement(statement)) }
        let isKept = text.utf8.count <= Policy.mostDocumentBytes
        let policy = Policy(name: name, statements: statements, document: isKept ? text : "")
        if let problem = policy.problem { throw KMSError(.invalidRequest, problem) }
        return policy
    }

    /// What a person is shown: the text as it was written, if it was kept and still says what is stored, else one that
    /// does.
    package static func shown(_ policy: Policy) -> String {
        let isTrue = (try? parse(policy.document, name: policy.name).statements) == policy.statements
        return isTrue ? policy.document : text(of: policy)
    }

    /// A document that gives the statements of this policy again.
    package static func text(of policy: Policy) -> String {
        let document = Document(
            statements: policy.statements.map { statement in
                let keys = Document.Statement.Keys(
                    placement: statement.keys.placement?.rawValue, tenant: statement.keys.tenant?.rawValue,
                    name: statement.keys.name?.text,
                    tags: statement.keys.tags.isEmpty
                        ? nil : Dictionary(statement.keys.tags.map { ($0.key, $0.value) }) { first, _ in first })
                return Document.Statement(
                    id: statement.id, effect: statement.effect.rawValue, principals: statement.principals.map(\.text),
                    actions: statement.actions.map(\.rawValue), keys: statement.keys == .any ? nil : keys,
                    when: statement.conditions.isEmpty ? nil : statement.conditions.map(condition))
            })
        let encoder = YAMLEncoder()
        encoder.options.sortKeys = true
        return (try? encoder.encode(document)) ?? ""
    }

    private static func statement(_ source: Document.Statement) throws(KMSError) -> PolicyStatement {
        guard let effect = PolicyStatement.Effect(rawValue: source.effect) else {
            throw KMSError(.invalidRequest, "statement \(source.id): the effect is allow or forbid")
        }
        var principals: [PrincipalPattern] = []
        for text in source.principals { principals.append(try PrincipalPattern(parsing: text)) }
        var actions: [ActionSelector] = []
        for word in source.actions { actions.append(try ActionSelector(parsing: word)) }
        var conditions: [ContextCondition] = []
        for condition in source.when ?? [] { conditions.append(try self.condition(condition, of: source.id)) }
        return PolicyStatement(
            id: source.id, effect: effect, principals: principals, actions: actions, keys: try keys(source.keys),
            conditions: conditions)
    }

    private static func keys(_ source: Document.Statement.Keys?) throws(KMSError) -> KeySelector {
        guard let source else { return .any }
        return KeySelector(
            placement: try source.placement.map { text throws(KMSError) in try PlacementName(text) },
            tenant: try source.tenant.map { text throws(KMSError) in try TenantName(text) },
            name: try source.name.map { text throws(KMSError) in try NamePattern(parsing: text) },
            tags: (source.tags ?? [:]).map { KeyTag(key: $0.key, value: $0.value) }.sorted())
    }

    private static func condition(_ source: Document.Statement.Condition, of id: String) throws(KMSError)
        -> ContextCondition
    {
        switch (source.equals, source.prefix, source.present) {
        case (let text?, nil, nil): ContextCondition(key: source.key, test: .equals(text))
        case (nil, let text?, nil): ContextCondition(key: source.key, test: .prefix(text))
        case (nil, nil, true?): ContextCondition(key: source.key, test: .present)
        default:
            throw KMSError(
                .invalidRequest, "statement \(id): a condition has a key and one of equals, prefix and present: true")
        }
    }

    private static func condition(_ condition: ContextCondition) -> Document.Statement.Condition {
        switch condition.test {
        case .present: .init(key: condition.key, present: true)
        case .equals(let text): .init(key: condition.key, equals: text)
        case .prefix(let text): .init(key: condition.key, prefix: text)
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "the policy lacks \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "the policy's \(context.codingPath.map(\.stringValue).joined(separator: ".")) is of the wrong kind"
        case .dataCorrupted: "the policy is not valid YAML or JSON"
        @unknown default: "the policy cannot be read"
        }
    }
}
