/// Whether a group has one leader at most in each term.
struct LeaderCheck: Sendable {
    private(set) var findings: [Finding] = []
    /// Most nodes that said of themselves that they lead one group in one term; nil where nobody said it of a term.
    private(set) var mostLeaders: Int?

    private struct Reign: Hashable {
        var group: String
        var term: UInt64
    }

    init(_ record: RunRecord) {
        var leaders: [Reign: [RunRecord.Event]] = [:]
        // Of etcd no terms are known.
        for event in record.events where event.kind == .leader && event.term > 0 {
            leaders[Reign(group: event.group, term: event.term), default: []].append(event)
        }
        for (reign, events) in leaders.sorted(by: { ($0.key.group, $0.key.term) < ($1.key.group, $1.key.term) }) {
            let nodes = Set(events.flatMap(\.nodes))
            mostLeaders = max(mostLeaders ?? 0, nodes.count)
            guard nodes.count > 1 else { continue }
            let words = events.map { "\($0.nodes.joined(separator: ", ")) at \(RunTime.text($0.at))" }
            findings.append(
                Finding(
                    .twoLeaders,
                    "\(reign.group) had more than one leader in term \(reign.term): "
                        + words.joined(separator: "; ")))
        }
    }
}
