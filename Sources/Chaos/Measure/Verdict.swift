/// Whether what was expected of a measure is so.
package struct Verdict: Sendable, Equatable {
    package let expectation: Expectation
    /// The worst of all runs, or their middle where that is expected. Nil: some run does not have it.
    package let figure: Double?
    package let isMet: Bool
    /// For a person, in one sentence.
    package let text: String

    /// - Parameter figures: of each run; nil where it has none. A figure that is missing is not met.
    init(_ expectation: Expectation, figures: [Double?]) {
        self.expectation = expectation
        let measure = expectation.measure
        let known = figures.compactMap(\.self)
        let bound = "\(measure.isMoreBetter ? "at least" : "at most") \(measure.text(expectation.bound))"
        let spread = known.count == figures.count ? RunSummary.Spread(measure, known) : nil
        guard let spread else {
            (figure, isMet) = (nil, false)
            let missing = figures.count - known.count
            let why =
                figures.isEmpty ? "there was no run" : "\(missing) of \(figures.count) runs did not show it"
            text = "\(measure.label): \(bound) expected, but \(why)"
            return
        }
        let value = expectation.isForMiddle ? spread.middle : spread.worst
        (figure, isMet) = (value, expectation.isMet(by: value))
        let which = figures.count == 1 ? "" : expectation.isForMiddle ? " in the middle" : " at worst"
        text = "\(measure.label): \(measure.text(value))\(which), \(bound) expected"
    }
}
