/// Policies made ready for the hot path: statements sorted out by action once, so that a request asks only those that
/// can apply. Immutable; made anew when a policy changes.
package final class CompiledPolicies: Sendable {
    private struct Rule: Sendable {
        let name: String
        let effect: PolicyStatement.Effect
        let principals: [PrincipalPattern]
        let keys: KeySelector
        let conditions: [ContextCondition]

        func applies(to request: AccessRequest) -> Bool {
            keys.matches(request.target) && principals.contains { $0.matches(request.principal) }
                && conditions.allSatisfy { $0.holds(in: request.context) }
        }
    }

    /// By name.
    package let policies: [Policy]
    /// By position of the action in `Action.allCases`; in byte order of the rules' names.
    private let rules: [[Rule]]

    package init(_ policies: [Policy]) {
        self.policies = policies.sorted { NameRules.precedes($0.name, $1.name) }
        rules = Action.allCases.map { action in
            policies.flatMap { policy in
                policy.statements.filter { $0.actions.contains { $0.actions.contains(action) } }.map {
                    Rule(
                        name: "\(policy.name)/\($0.id)", effect: $0.effect, principals: $0.principals, keys: $0.keys,
                        conditions: $0.conditions)
                }
            }.sorted { NameRules.precedes($0.name, $1.name) }
        }
    }

    /// Same answer as `PolicyEvaluator.decide`.
    package func decide(_ request: AccessRequest) -> AccessDecision {
        var allowing: [String] = []
        var forbidding: [String] = []
        for rule in rules[request.action.position] where rule.applies(to: request) {
            switch rule.effect {
            case .allow: allowing.append(rule.name)
            case .forbid: forbidding.append(rule.name)
            }
        }
        if !forbidding.isEmpty { return AccessDecision(verdict: .forbidden, statements: forbidding) }
        return AccessDecision(verdict: allowing.isEmpty ? .notAllowed : .allowed, statements: allowing)
    }

    /// How each statement bears on the request.
    package func explain(_ request: AccessRequest) -> [StatementExplanation] {
        PolicyEvaluator.explain(request, policies: policies)
    }
}

extension Action {
    /// Where the action stands in `allCases`.
    fileprivate var position: Int {
        switch self {
        case .encrypt: 0
        case .decrypt: 1
        case .createKey: 2
        case .describeKey: 3
        case .listKeys: 4
        case .rotateKey: 5
        case .disableKey: 6
        case .enableKey: 7
        case .tagKey: 8
        case .putPolicy: 9
        case .getPolicy: 10
        case .explainPolicy: 11
        case .applyTopology: 12
        case .readCluster: 13
        case .manageNodes: 14
        case .transferLeadership: 15
        }
    }
}
