/// Times between answers of one kind of calls, apart for each stream: the answered calls of one placement, or of one
/// placement and one region, that somebody makes all the time.
///
/// A stream is there as soon as a call of it was made. Before its first answer and after its last one, to the end of
/// the load, it waits: what never comes back does not look good.
struct AnswerGaps: Sendable {
    struct Stream: Hashable, Sendable {
        var placement: String
        /// Empty: of all regions together.
        var region: String
    }

    /// By stream: when its answers came, in order.
    private(set) var ends: [Stream: [Int64]] = [:]
    private let length: Int64

    /// - Parameter isAnswered: of the calls that belong, which got what was asked for.
    init(
        _ record: RunRecord, byRegion: Bool, belongs: (ChaosCall) -> Bool, isAnswered: (ChaosCall) -> Bool
    ) {
        length = RunTime.nanoseconds(record.scenario.length)
        for call in record.calls where call.start >= 0 && belongs(call) {
            let stream = Stream(placement: call.placement, region: byRegion ? call.region : "")
            let isNew = ends[stream] == nil
            if isNew { ends[stream] = [] }
            if isAnswered(call), let end = call.end { ends[stream]?.append(end) }
        }
        ends = ends.mapValues { $0.sorted() }
    }

    /// Longest time between two answers, of any stream, that ends after `moment`; 0 where none does, nil without a
    /// stream.
    func longest(after moment: Int64) -> Int64? {
        ends.isEmpty ? nil : longest(after: moment) { _, _, _ in true } ?? 0
    }

    /// Longest of those that are meant, by their stream, beginning and end; nil where there is none.
    func longest(after moment: Int64, where isMeant: (Stream, Int64, Int64) -> Bool) -> Int64? {
        ends.compactMap { stream, ends in
            let edges = [0] + ends + [max(length, ends.last ?? 0)]
            return zip(edges, edges.dropFirst()).filter { $1 > moment && isMeant(stream, $0, $1) }
                .map { $1 - $0 }.max()
        }.max()
    }

    /// Share of the load's whole seconds in which an answer came, of the stream with the fewest; nil without a stream,
    /// and of a load that is shorter than a second.
    var shareOfSeconds: Double? {
        let second: Int64 = 1_000_000_000
        let count = length / second
        guard count > 0 else { return nil }
        return ends.values.map { ends in
            let hit = Set(ends.map { $0 / second }).count { $0 < count }
            return Double(hit) / Double(count)
        }.min()
    }
}
