/// What shrinking came to.
package struct ShrunkFailure<Choice> {
    /// What is left, in the order it was given in. It fails: nothing is returned that was not run.
    package let choices: [Choice]
    /// The least number of steps known to fail.
    package let steps: Int
    /// How often the run was repeated.
    package let runs: Int
    /// Whether nothing more can be left out, be it one choice or the last step. False where the budget ended before
    /// that was known.
    package let isMinimal: Bool
}

extension ShrunkFailure: Sendable where Choice: Sendable {}
extension ShrunkFailure: Equatable where Choice: Equatable {}
