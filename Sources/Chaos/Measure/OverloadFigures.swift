/// What an overload leaves: to all callers together, and to those who ask no more than before.
struct OverloadFigures: Sendable {
    private static let second: Int64 = 1_000_000_000

    private let record: RunRecord
    private let length: Int64

    init(_ record: RunRecord) {
        self.record = record
        length = RunTime.nanoseconds(record.scenario.length)
    }

    /// All that apply; of several overloads that with the most callers is meant.
    ///
    /// - `goodput`: answered crypto calls of the placement per second while the overload lasts, of the load `crypto`
    ///   and of the overload's callers, against the two whole seconds of the run in a row in which most were answered.
    ///   An overload of few callers before it shows how many that can be.
    /// - `ordinaryShare`: those of the load `crypto` alone per second while the overload lasts, against the time since
    ///   the event before it, or since the load's beginning.
    var all: [Measure: Double] {
        guard let overload = greatest else { return [:] }
        var figures: [Measure: Double] = [:]
        let everybody = ends(of: overload.placement, [.crypto, .overload])
        if let best = Self.best(of: everybody), let during = Self.rate(of: everybody, overload.from, overload.until) {
            figures[.goodput] = best > 0 ? during / best : 0
        }
        let ordinary = ends(of: overload.placement, [.crypto])
        if let before = Self.rate(of: ordinary, overload.quiet, overload.from), before > 0 {
            figures[.ordinaryShare] = Self.rate(of: ordinary, overload.from, overload.until).map { $0 / before }
        }
        return figures
    }

    private struct Overload {
        var placement: String
        /// Since when nothing else had happened.
        var quiet: Int64
        var from: Int64
        var until: Int64
    }

    private var greatest: Overload? {
        func callers(_ fault: Fault) -> Int { if case .overload(_, let callers) = fault { callers } else { 0 } }
        let most = record.scenario.schedule.map { callers($0.fault) }.max() ?? 0
        guard most > 0, let begun = record.begin({ callers($0) == most }),
            case .overload(let placement, _) = begun.fault
        else { return nil }
        let from = record.events[begun.event].at
        let quiet = record.events[..<begun.event].filter { event in
            (event.kind == .fault || event.kind == .undone) && event.at < from
        }.map(\.at).max()
        let words = FaultText.undo(begun.fault, at: "")
        let over = record.events[begun.event...].first { $0.kind == .undone && $0.text == words }?.at
        return Overload(
            placement: placement, quiet: max(0, quiet ?? 0), from: from, until: over ?? max(length, from))
    }

    /// When crypto calls of these loads were answered.
    private func ends(of placement: String, _ loads: [Load.Kind]) -> [Int64] {
        record.calls.compactMap { call in
            let isMeant = call.isCrypto && loads.contains(call.load) && call.placement == placement
            return isMeant && CallFigures.isServed(call) ? call.end : nil
        }
    }

    /// Answers per second.
    private static func rate(of ends: [Int64], _ from: Int64, _ until: Int64) -> Double? {
        guard until > from else { return nil }
        return Double(ends.count { $0 >= from && $0 < until }) / RunTime.seconds(until - from)
    }

    /// Answers per second in the best two whole seconds in a row, as of one alone chance may have made the best; nil if
    /// there are no two.
    private static func best(of ends: [Int64]) -> Double? {
        let ends = ends.filter { $0 >= 0 }
        guard let last = ends.max() else { return nil }
        var counts = [Int](repeating: 0, count: Int(last / second) + 1)
        for end in ends { counts[Int(end / second)] += 1 }
        return zip(counts, counts.dropFirst()).map { Double($0 + $1) / 2 }.max()
    }
}
