/// A question to the policies.
package struct AccessRequest: Hashable, Sendable {
    /// SPIFFE id.
    package var principal: String
    package var action: Action
    package var target: AccessTarget
    /// The caller's encryption context.
    package var context: [ContextEntry]

    package init(principal: String, action: Action, target: AccessTarget, context: [ContextEntry] = []) {
        self.principal = principal
        self.action = action
        self.target = target
        self.context = context
    }
}

/// The answer, with what decided it: for the audit record, never for the caller.
package struct AccessDecision: Hashable, Sendable {
    /// What the policies say: allowed by one and forbidden by none, forbidden, or not mentioned.
    package enum Verdict: String, Hashable, Sendable { case allowed, forbidden, notAllowed }

    package let verdict: Verdict
    /// The statements that decided, as `policy/statement`, in byte order: all that forbid, else all that allow, else
    /// none.
    package let statements: [String]

    package init(verdict: Verdict, statements: [String]) {
        self.verdict = verdict
        self.statements = statements
    }

    package var isAllowed: Bool { verdict == .allowed }
}

/// How one statement bears on a request: for people who ask why.
package struct StatementExplanation: Hashable, Sendable {
    /// `policy/statement`.
    package let statement: String
    package let effect: PolicyStatement.Effect
    package let principalMatches: Bool
    package let actionMatches: Bool
    package let keyMatches: Bool
    package let conditionsHold: Bool

    package var applies: Bool { principalMatches && actionMatches && keyMatches && conditionsHold }
}
