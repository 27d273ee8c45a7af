/// Several runs of one scenario together.
package struct RunSummary: Sendable, Equatable {
    /// One figure of all runs that have it.
    package struct Spread: Sendable, Equatable {
        /// The highest, or the lowest where more is better.
        package let worst: Double
        /// The median.
        package let middle: Double

        /// Nil without a figure.
        init?(_ measure: Measure, _ figures: [Double]) {
            let sorted = figures.sorted()
            guard let first = sorted.first, let last = sorted.last else { return nil }
            worst = measure.isMoreBetter ? first : last
            let half = sorted.count / 2
            middle = sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
        }
    }

    /// Of all measures that some run has.
    package let spreads: [Measure: Spread]
    /// What the scenario expects, and then what must hold of every run whatever it says.
    package let verdicts: [Verdict]

    /// - Parameter subject: what must always hold does so of Claviger only.
    package init(
        of judgements: [Judgement], expectations: [Expectation], subject: Scenario.Subject = .claviger
    ) {
        var spreads: [Measure: Spread] = [:]
        for measure in Measure.allCases {
            spreads[measure] = Spread(measure, judgements.compactMap { $0.figures[measure] })
        }
        self.spreads = spreads
        let named = Set(expectations.map(\.measure))
        let always = subject == .claviger ? Measure.always.filter { !named.contains($0.measure) } : []
        verdicts = (expectations + always).map { expectation in
            Verdict(expectation, figures: judgements.map { $0.figures[expectation.measure] })
        }
    }

    /// Whether everything that is expected is met.
    package var isMet: Bool { verdicts.allSatisfy(\.isMet) }
}
