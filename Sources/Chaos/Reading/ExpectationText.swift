import Topology

/// Bounds as the file has them: the name of a measure, with ` middle` if the bound is for the middle of all runs.
struct ExpectationText {
    private static let middle = " middle"

    let subject: Scenario.Subject
    let rules: ExpectationRules

    func expectations(_ value: YAMLValue) throws(TopologyError) -> [Expectation] {
        try value.members().map { (key, value) throws(TopologyError) in try expectation(key, value) }
    }

    private func expectation(_ key: String, _ value: YAMLValue) throws(TopologyError) -> Expectation {
        let isForMiddle = key.hasSuffix(Self.middle)
        let name = isForMiddle ? String(key.dropLast(Self.middle.count)) : key
        guard let measure = Measure(rawValue: name) else {
            throw value.error(
                "there is no measure '\(name)'; known here: \(measures.map(\.rawValue).joined(separator: ", "))")
        }
        guard measures.contains(measure) else {
            throw value.error("'\(name)' is 0 in every run whatever a file says; leave it away")
        }
        if let problem = rules.problem(with: measure) { throw value.error(problem) }
        return Expectation(measure, try bound(measure, value), isForMiddle: isForMiddle)
    }

    private func bound(_ measure: Measure, _ value: YAMLValue) throws(TopologyError) -> Double {
        switch measure.unit {
        case .seconds: try value.time() / .seconds(1)
        case .count: Double(try value.integer(in: 0...1_000_000_000))
        case .share: try value.share()
        case .perMinute: try value.number(in: 0...6000)
        }
    }

    /// What must always hold is nothing that a file could relax.
    private var measures: [Measure] {
        let fixed = subject == .claviger ? Set(Measure.always.map(\.measure)) : []
        return Measure.allCases.filter { !fixed.contains($0) }
    }
}
