/// Makes the plan of a failing run small: leaves out faults, placements, clients and nodes and shortens the trouble for
/// as long as the same invariant fails.
///
/// All draws of a run come from one seed, so a run with one fault less takes another course altogether, and often
/// passes by chance. A smaller plan is therefore run several times, with other draws. What is found is a small plan
/// that fails, not always the cause of the first failure.
package struct PlanShrinker {
    /// What can be left out of a plan. Of clients and nodes only the number matters.
    private enum Part: Hashable {
        case fault(Faults)
        case placement(String)
        case client(Int)
        case node(Int)
    }

    /// Of the length of the trouble, milliseconds.
    private static let stride: UInt64 = 100

    /// Most runs.
    package var budget: Int
    /// Most runs of one plan.
    package var tries: Int
    private let run: (SimulationPlan) -> SimulationResult

    /// `run` plays a plan to its end.
    package init(
        budget: Int, tries: Int, run: @escaping (SimulationPlan) -> SimulationResult = { SeedRun.result(of: $0) }
    ) {
        self.budget = budget
        self.tries = tries
        self.run = run
    }

    /// The smallest plan found that fails by the same invariant, or nil when the whole plan does not fail. `found` is
    /// called for every smaller one on the way, with the number of runs until then.
    package func shrink(_ plan: SimulationPlan, found: (SimulationResult, Int) -> Void = { _, _ in }) -> ShrunkPlan? {
        guard budget > 0 else { return nil }
        let whole = run(plan)
        guard let invariant = whole.violation?.invariant else { return nil }
        let parts = Self.parts(of: plan)
        var smallest = whole
        var runs = 1
        var isSpent = false
        var verdicts = [plan: true]
        let strides = (plan.trouble / 1_000_000 + Self.stride - 1) / Self.stride
        // This counts runs itself: many choices come to one plan, which is run once.
        let shrunk = FailureShrinker(budget: .max).shrink(parts, steps: Int(strides)) { kept, steps in
            guard let smaller = Self.plan(plan, keeping: kept, strides: steps) else { return false }
            if let verdict = verdicts[smaller] { return verdict }
            verdicts[smaller] = false
            for luck in lucks(after: smallest.plan.luck) {
                guard runs < budget else {
                    isSpent = true
                    return false
                }
                runs += 1
                var attempt = smaller
                attempt.luck = luck
                let result = run(attempt)
                guard result.violation?.invariant == invariant else { continue }
                verdicts[smaller] = true
                smallest = result
                found(result, runs)
                return true
            }
            return false
        }
        return ShrunkPlan(result: smallest, runs: runs, isMinimal: shrunk?.isMinimal == true && !isSpent)
    }

    /// What failed last is tried first.
    private func lucks(after last: UInt64) -> [UInt64] {
        Array(([last] + (0..<UInt64(tries)).filter { $0 != last }).prefix(max(1, tries)))
    }

    private static func parts(of plan: SimulationPlan) -> [Part] {
        Faults.names.filter { plan.faults.contains($0.fault) }.map { .fault($0.fault) }
            + plan.placements.map { .placement($0.name) } + (0..<plan.clients).map { .client($0) }
            + (1..<plan.nodes).map { .node($0) }
    }

    /// Nil where the parts make no federation.
    private static func plan(_ plan: SimulationPlan, keeping parts: [Part], strides: Int) -> SimulationPlan? {
        var changes = PlanChanges(
            faults: [], clients: 0, placements: [], nodes: 1,
            trouble: min(plan.trouble / 1_000_000, UInt64(strides) * stride))
        for part in parts {
            switch part {
            case .fault(let fault): changes.faults?.insert(fault)
            case .placement(let name): changes.placements?.append(name)
            case .client: changes.clients? += 1
            case .node: changes.nodes? += 1
            }
        }
        return try? plan.changed(by: changes)
    }
}

/// What shrinking a plan came to.
package struct ShrunkPlan: Sendable {
    /// Of the smallest plan that was found to fail.
    package let result: SimulationResult
    /// How many plans were run.
    package let runs: Int
    /// Whether no part alone can be left out any more. False where the budget ended before that was known.
    package let isMinimal: Bool

    /// For a reader, with the command that repeats it.
    package var lines: [String] {
        let end = isMinimal ? "no part of it can be left out" : "there may be smaller ones: the budget is spent"
        return [
            "smallest after \(runs) runs (\(end)):",
            "  \(result.plan.summary)",
            "  \(result.ending)",
            "  claviger-sim replay \(result.plan.arguments.joined(separator: " "))",
        ]
    }
}
