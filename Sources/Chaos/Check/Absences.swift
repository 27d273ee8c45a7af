/// When nodes heard of nothing: cut off from a majority, or stopped.
///
/// Taken from the harness's own doings. A node that was killed and started is not away: what it serves crypto from has
/// to be confirmed anew.
struct Absences: Sendable {
    private struct Span {
        var from: Int64
        var until: Int64
    }

    private var spans: [String: [Span]] = [:]

    init(_ record: RunRecord) {
        for isolation in record.withoutQuorum {
            spans[isolation.name, default: []].append(Span(from: isolation.from, until: isolation.until))
        }
        let stop = FaultText.begin(.pause([]), at: "")
        let goOn = FaultText.begin(.resume([]), at: "")
        var since: [String: Int64] = [:]
        for event in record.events {
            for node in event.nodes {
                if event.kind == .fault, event.text.hasPrefix(stop), since[node] == nil {
                    since[node] = event.at
                } else if event.kind == .fault || event.kind == .undone, event.text.hasPrefix(goOn),
                    let from = since.removeValue(forKey: node)
                {
                    spans[node, default: []].append(Span(from: from, until: event.at))
                }
            }
        }
        for (node, from) in since { spans[node, default: []].append(Span(from: from, until: .max)) }
    }

    /// Whether the node was away at some moment between the two.
    func isAway(_ node: String?, from: Int64, until: Int64) -> Bool {
        guard let node, let spans = spans[node] else { return false }
        return spans.contains { $0.from <= until && $0.until >= from }
    }
}
