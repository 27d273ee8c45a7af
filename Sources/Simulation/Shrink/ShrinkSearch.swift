/// One shrinking under way. Choices are known by their places, so that runs can be remembered.
struct ShrinkSearch {
    private struct Run: Hashable {
        var kept: [Int]
        var steps: Int
    }

    /// The smallest run that fails, so far.
    private(set) var kept: [Int]
    private(set) var steps: Int
    private(set) var runs = 0
    /// Whether the whole of it failed.
    private(set) var hasFailed = false
    private(set) var isMinimal = false

    private let budget: Int
    /// Only ever looked into, never walked.
    private var passed: Set<Run> = []
    private var isSpent = false

    init(count: Int, steps: Int, budget: Int) {
        kept = Array(0..<count)
        self.steps = steps
        self.budget = budget
    }

    mutating func run(_ fails: ([Int], Int) throws -> Bool) rethrows {
        hasFailed = try test(kept, steps, fails)
        guard hasFailed else { return }
        // Often no fault is needed at all, and one run tells.
        if kept.count > 1 { _ = try test([], steps, fails) }
        while !isSpent {
            let before = (kept, steps)
            try reduceSteps(fails)
            try reduceChoices(fails)
            if before == (kept, steps) { break }
        }
        isMinimal = !isSpent
    }

    /// Whether this run fails; what fails is taken over. Nothing fails any more when the budget is spent.
    private mutating func test(_ kept: [Int], _ steps: Int, _ fails: ([Int], Int) throws -> Bool) rethrows -> Bool {
        let run = Run(kept: kept, steps: steps)
        if passed.contains(run) { return false }
        guard runs < budget else {
            isSpent = true
            return false
        }
        runs += 1
        guard try fails(kept, steps) else {
            passed.insert(run)
            return false
        }
        (self.kept, self.steps) = (kept, steps)
        return true
    }

    /// Bisection. Ends at steps that fail where one less does not, even for a condition that comes and goes.
    private mutating func reduceSteps(_ fails: ([Int], Int) throws -> Bool) rethrows {
        var passing = -1
        while steps - passing > 1, !isSpent {
            let middle = passing + (steps - passing) / 2
            if try !test(kept, middle, fails) { passing = middle }
        }
    }

    /// ddmin: tries ever smaller parts, first each part alone, then all without it.
    private mutating func reduceChoices(_ fails: ([Int], Int) throws -> Bool) rethrows {
        if kept.count == 1 {
            _ = try test([], steps, fails)
            return
        }
        var granularity = 2
        while kept.count >= 2, !isSpent {
            if try reduceToPart(granularity, fails) {
                granularity = 2
            } else if try reduceByPart(granularity, fails) {
                granularity = max(granularity - 1, 2)
            } else {
                guard granularity < kept.count else { break }
                granularity = min(granularity * 2, kept.count)
            }
        }
        if kept.count == 1 { _ = try test([], steps, fails) }
    }

    private mutating func reduceToPart(_ parts: Int, _ fails: ([Int], Int) throws -> Bool) rethrows -> Bool {
        let whole = kept
        for part in 0..<parts {
            if try test(Array(whole[Self.range(part, of: parts, in: whole)]), steps, fails) { return true }
        }
        return false
    }

    private mutating func reduceByPart(_ parts: Int, _ fails: ([Int], Int) throws -> Bool) rethrows -> Bool {
        // Without one of two parts is the other part alone, which was tried.
        guard parts > 2 else { return false }
        let whole = kept
        for part in 0..<parts {
            var rest = whole
            rest.removeSubrange(Self.range(part, of: parts, in: whole))
            if try test(rest, steps, fails) { return true }
        }
        return false
    }

    /// Parts of as equal a length as can be.
    private static func range(_ part: Int, of parts: Int, in whole: [Int]) -> Range<Int> {
        whole.count * part / parts..<whole.count * (part + 1) / parts
    }
}
