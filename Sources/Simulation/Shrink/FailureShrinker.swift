/// Makes a failing run small: as few of its choices (faults, requests, seeds of subsystems) and steps as still fail.
///
/// Choices go by delta debugging: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", TSE 2002,
/// algorithm ddmin. Steps go by bisection, since a run that has failed by one step has failed by each later one. The
/// same input gives the same result: there is no chance in it, and the budget counts runs, not time.
package struct FailureShrinker: Sendable {
    /// Most runs.
    package var budget: Int

    package init(budget: Int) { self.budget = budget }

    /// The smallest part of `choices` found to fail, or nil when all of them together do not fail: whoever cannot
    /// repeat a failure cannot shrink it.
    package func shrink<Choice>(
        _ choices: [Choice], fails: ([Choice]) throws -> Bool
    ) rethrows -> ShrunkFailure<Choice>? {
        try shrink(choices, steps: 0) { choices, _ in try fails(choices) }
    }

    /// The least number of steps from 0 to `steps` found to fail, or nil when all of them do not fail.
    package func shrink(steps: Int, fails: (Int) throws -> Bool) rethrows -> ShrunkFailure<Never>? {
        try shrink([], steps: steps) { _, steps in try fails(steps) }
    }

    /// Both in turn until neither gives more: a run with fewer faults often fails at another step.
    package func shrink<Choice>(
        _ choices: [Choice], steps: Int, fails: ([Choice], Int) throws -> Bool
    ) rethrows -> ShrunkFailure<Choice>? {
        var search = ShrinkSearch(count: choices.count, steps: max(0, steps), budget: budget)
        try search.run { kept, steps in try fails(kept.map { choices[$0] }, steps) }
        guard search.hasFailed else { return nil }
        return ShrunkFailure(
            choices: search.kept.map { choices[$0] }, steps: search.steps, runs: search.runs,
            isMinimal: search.isMinimal)
    }
}
