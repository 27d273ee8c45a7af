/// Nanoseconds since the beginning of the load, for people and for sums.
enum RunTime {
    /// In nanoseconds; what does not fit is as long as can be.
    static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !isOver else { return seconds < 0 ? .min / 4 : .max / 4 }
        return min(max(whole, .min / 4), .max / 4) + attoseconds / 1_000_000_000
    }

    static func seconds(_ time: Int64) -> Double { Double(time) / 1e9 }

    /// As `12.345 s`.
    static func text(_ time: Int64) -> String { "\(FigureText.plain(seconds(time), digits: 3)) s" }
}

extension ChaosCall {
    /// As `call 12 (client 3, 1.204 to 1.25 s)`.
    var words: String {
        let until = end.map { "to \(RunTime.text($0))" } ?? "without an end"
        return "call \(number) (client \(client), \(FigureText.plain(RunTime.seconds(start), digits: 3)) \(until))"
    }

    /// The placement that the subject's name begins with.
    var placement: String { String(subject.prefix { $0 != "/" }) }

    /// Whether it has, or may have had, its effect. Of a call without an outcome nobody knows.
    var mayHaveHappened: Bool { if case .refused = outcome { false } else { true } }

    /// What it was refused with, known to be without effect; nil for every other outcome.
    var refusal: String? { if case .refused(let code) = outcome { code } else { nil } }

    /// What a client was told of a key, by whatever call.
    var facts: KeyFacts? { if case .done(.key(let facts)) = outcome { facts } else { nil } }
}

/// How old what a node serves may be.
struct StalenessBounds: Sendable {
    /// What a placement has that does not say.
    static let standard = Duration.seconds(60)

    private let bounds: [String: Int64]
    /// How much longer a second takes by the slowest clock of the run: a node whose clocks run at four fifths counts
    /// its bound as any other does, which takes it a quarter more.
    private let stretch: Double

    /// By placement. The schedule says which clocks are made slow.
    init(_ bounds: [String: Duration] = [:], schedule: [ScheduledFault] = []) {
        self.bounds = bounds.mapValues(RunTime.nanoseconds)
        let rates = schedule.compactMap { step in
            if case .clockRate(_, let rate) = step.fault, rate > 0 { rate } else { nil }
        }
        stretch = max(1, 1 / (rates.min() ?? 1))
    }

    /// In nanoseconds.
    subscript(placement: String) -> Int64 {
        Int64(Double(bounds[placement] ?? RunTime.nanoseconds(Self.standard)) * stretch)
    }
}
