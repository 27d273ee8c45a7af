/// What a run of trials with damaged files showed.
package struct BitrotReport: Codable, Sendable {
    /// A trial that ended in a wrong answer.
    package struct Failure: Codable, Sendable {
        package var trial: Int
        package var target: BitrotTarget
        package var text: String
    }

    package var seed: UInt64
    /// The command that repeats a trial, with its number in the place of N.
    package var replay: String
    package var trials = 0
    /// How often each verdict came, by what was damaged.
    package var verdicts: [String: [String: Int]] = [:]
    package var failures: [Failure] = []
    /// What the last trial was told, for a person who replays it.
    package var last = ""

    package var isGood: Bool { failures.isEmpty }

    init(seed: UInt64) {
        self.seed = seed
        replay = "claviger-sim bitrot --seed \(seed) --trial N"
    }

    mutating func note(_ outcome: BitrotOutcome, trial: Int, target: BitrotTarget) {
        trials += 1
        verdicts[target.rawValue, default: [:]][outcome.verdict.rawValue, default: 0] += 1
        last = "\(target.rawValue): \(outcome.verdict.rawValue)\(outcome.text.isEmpty ? "" : ": " + outcome.text)"
        guard outcome.verdict == .silent else { return }
        failures.append(Failure(trial: trial, target: target, text: outcome.text))
    }

    /// How often a verdict came for a target, or for all.
    package func count(_ verdict: BitrotVerdict, of target: BitrotTarget? = nil) -> Int {
        BitrotTarget.allCases.filter { target == nil || $0 == target }
            .reduce(0) { $0 + (verdicts[$1.rawValue]?[verdict.rawValue] ?? 0) }
    }

    /// The report as a table.
    package var lines: [String] {
        var lines = ["seed \(seed), \(trials) trials, 1 to 64 bits flipped in each", ""]
        let heads = BitrotVerdict.allCases.map { pad($0.rawValue, 12) }.joined()
        lines.append(pad("damaged", 18) + heads)
        for target in BitrotTarget.allCases {
            let cells = BitrotVerdict.allCases.map { pad("\(count($0, of: target))", 12) }.joined()
            lines.append(pad(target.rawValue, 18) + cells)
        }
        lines.append(pad("all", 18) + BitrotVerdict.allCases.map { pad("\(count($0))", 12) }.joined())
        for failure in failures {
            lines.append("")
            lines.append("trial \(failure.trial), \(failure.target.rawValue): \(failure.text)")
            lines.append("  replay: claviger-sim bitrot --seed \(seed) --trial \(failure.trial)")
        }
        lines.append("")
        if trials == 1 { lines.append(last) }
        lines.append("\(failures.count) silent wrong answers")
        lines.append("any trial again: \(replay)")
        return lines
    }
}
