/// One figure over all runs of a scenario, against its bound.
package struct FigureRow: Sendable, Codable, Equatable {
    package var measure: Measure
    /// Nil: nobody expects anything.
    package var bound: Double?
    /// The bound holds for the middle of all runs, not for each.
    package var isForMiddle: Bool
    /// Nil: no run has the figure.
    package var worst: Double?
    package var middle: Double?
    /// How many runs do not have it.
    package var missing: Int
    /// Nil without a bound. A figure that is expected and missing is not met.
    package var passed: Bool?

    package init(
        measure: Measure, bound: Double?, isForMiddle: Bool = false, worst: Double?, middle: Double?, missing: Int = 0,
        passed: Bool?
    ) {
        self.measure = measure
        self.bound = bound
        self.isForMiddle = isForMiddle
        self.worst = worst
        self.middle = middle
        self.missing = missing
        self.passed = passed
    }

    /// From the figures of all runs, nil where a run does not have it.
    init(_ measure: Measure, _ expectation: Expectation?, figures: [Double?]) {
        let known = figures.compactMap(\.self).sorted()
        let worst = measure.isMoreBetter ? known.first : known.last
        let middle = Self.middle(of: known)
        let missing = figures.count - known.count
        let passed = expectation.map { expectation in
            guard missing == 0, let figure = expectation.isForMiddle ? middle : worst else { return false }
            return expectation.isMet(by: figure)
        }
        self.init(
            measure: measure, bound: expectation?.bound, isForMiddle: expectation?.isForMiddle ?? false, worst: worst,
            middle: middle, missing: missing, passed: passed)
    }

    /// Bounds in the order of the scenario, then what else was measured in the order of `Measure`.
    static func rows(_ expectations: [Expectation], runs: [RunReport]) -> [FigureRow] {
        let bound = Set(expectations.map(\.measure))
        let others = Measure.allCases.filter { measure in
            !bound.contains(measure) && runs.contains { $0.figure(measure) != nil }
        }
        return expectations.map { FigureRow($0.measure, $0, figures: Self.figures($0.measure, runs)) }
            + others.map { FigureRow($0, nil, figures: Self.figures($0, runs)) }
    }

    private static func figures(_ measure: Measure, _ runs: [RunReport]) -> [Double?] {
        runs.map { $0.figure(measure) }
    }

    private static func middle(of sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let half = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
    }
}
