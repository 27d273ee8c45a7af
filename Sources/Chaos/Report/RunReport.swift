/// What came out of one run of a scenario.
package struct RunReport: Sendable, Codable, Equatable {
    package var seed: UInt64
    /// Nothing was found, nothing went wrong, and every bound that holds for each run is met.
    package var passed: Bool
    /// By the raw value of the measure.
    package var figures: [String: Double]
    package var findings: [ReportFinding]
    /// What kept the run from being what the scenario says.
    package var mishaps: [String]
    package var events: [ReportEvent]
    /// Nil: it was left out as that of another run says more.
    package var timeline: Timeline?
    /// How many calls clients made while the load went on.
    package var calls: Int
    /// Longest wait of the harness's own clock beyond what it asked for, in seconds.
    package var stall: Double

    package init(
        seed: UInt64, passed: Bool, figures: [String: Double] = [:], findings: [ReportFinding] = [],
        mishaps: [String] = [], events: [ReportEvent] = [], timeline: Timeline? = nil, calls: Int = 0, stall: Double = 0
    ) {
        self.seed = seed
        self.passed = passed
        self.figures = figures
        self.findings = findings
        self.mishaps = mishaps
        self.events = events
        self.timeline = timeline
        self.calls = calls
        self.stall = stall
    }

    /// From what was seen and what was made of it. `places` gives the regions of nodes; without it a node's name tells.
    package init(
        of record: RunRecord, figures: [Measure: Double], findings: [ReportFinding], passed: Bool,
        places: [String: String] = [:]
    ) {
        self.init(
            seed: record.seed, passed: passed,
            figures: Dictionary(uniqueKeysWithValues: figures.map { ($0.key.rawValue, $0.value) }), findings: findings,
            mishaps: record.mishaps, events: record.events.map(ReportEvent.init),
            timeline: Timeline(of: record, places: places), calls: record.calls.count { $0.load != .look },
            stall: (Double(record.longestStall) / 1e6).rounded() / 1e3)
    }

    /// What the run measured; nil: it does not have the figure.
    package func figure(_ measure: Measure) -> Double? { figures[measure.rawValue] }
}

extension RunReport {
    /// How far the figures are from their bounds, as a share of the bound: above 1 one is not met.
    func strain(_ expectations: [Expectation]) -> Double {
        expectations.map { expectation in
            guard let figure = figure(expectation.measure) else { return 0 }
            let (better, worse) =
                expectation.measure.isMoreBetter ? (figure, expectation.bound) : (expectation.bound, figure)
            if better > 0 { return worse / better }
            return worse > better ? .infinity : 0
        }.max() ?? 0
    }
}

/// Something that a check found in a run.
package struct ReportFinding: Sendable, Codable, Equatable {
    /// A word, as `lost`.
    package var kind: String
    /// For a person.
    package var text: String

    package init(kind: String, text: String) {
        self.kind = kind
        self.text = text
    }
}

/// Something that the harness did or noticed.
package struct ReportEvent: Sendable, Codable, Equatable {
    /// Seconds since the beginning of the load.
    package var at: Double
    package var kind: RunRecord.Event.Kind
    package var text: String

    package init(at: Double, kind: RunRecord.Event.Kind, text: String) {
        self.at = at
        self.kind = kind
        self.text = text
    }

    init(_ event: RunRecord.Event) {
        self.init(at: Timeline.seconds(event.at), kind: event.kind, text: event.text)
    }
}
