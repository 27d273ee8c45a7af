/// What the checker says of a history.
package enum LinearizabilityVerdict: Hashable, Sendable {
    /// There is an order that explains every answer: numbers of operations, part by part of the state. Operations
    /// without an answer are in it only where they must have happened.
    case linearizable(order: [Int])
    case violated(LinearizabilityViolation)
    /// The search was too long for its budget, and what was searched was in order. No verdict is no good verdict.
    case unknown

    /// Nil unless the history is wrong.
    package var violation: LinearizabilityViolation? {
        if case .violated(let violation) = self { violation } else { nil }
    }
}

/// Operations that no order explains, as few as were found.
package struct LinearizabilityViolation: Hashable, Sendable {
    /// What is wrong with them.
    package enum Rule: Hashable, Sendable {
        /// No order at all explains the answers.
        case order
        /// Only orders do that contradict the revisions of the answers.
        case revisions
    }

    package let rule: Rule
    /// Numbers of the operations that cannot be ordered, by their beginnings. Some without an answer may be among them.
    package let operations: [Int]
    /// What a person wants to see: the operations over time, and how far an order reaches.
    package let diagram: String
}
