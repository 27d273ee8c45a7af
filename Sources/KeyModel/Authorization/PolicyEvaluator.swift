/// The meaning of policies, written for reading: every statement is asked, in full. `CompiledPolicies` must always
/// agree.
package enum PolicyEvaluator {
    /// Default deny; a statement that forbids outweighs all that allow.
    package static func decide(_ request: AccessRequest, policies: [Policy]) -> AccessDecision {
        let applying = explain(request, policies: policies).filter(\.applies)
        let forbidding = applying.filter { $0.effect == .forbid }
        if !forbidding.isEmpty { return AccessDecision(verdict: .forbidden, statements: names(of: forbidding)) }
        let allowing = applying.filter { $0.effect == .allow }
        return AccessDecision(verdict: allowing.isEmpty ? .notAllowed : .allowed, statements: names(of: allowing))
    }

    /// How each statement bears on the request, in the order of the policies.
    package static func explain(_ request: AccessRequest, policies: [Policy]) -> [StatementExplanation] {
        policies.flatMap { policy in
            policy.statements.map { statement in
                StatementExplanation(
                    statement: "\(policy.name)/\(statement.id)",
                    effect: statement.effect,
                    principalMatches: statement.principals.contains { $0.matches(request.principal) },
                    actionMatches: statement.actions.contains { $0.actions.contains(request.action) },
                    keyMatches: statement.keys.matches(request.target),
                    conditionsHold: statement.conditions.allSatisfy { $0.holds(in: request.context) })
            }
        }
    }

    private static func names(of explanations: [StatementExplanation]) -> [String] {
        explanations.map(\.statement).sorted(by: NameRules.precedes)
    }
}
