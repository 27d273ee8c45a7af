/// When faults were about regions' clients or about nodes, and for a while after: what calls in these times show is
/// judged apart.
struct AffectedTimes: Sendable {
    /// So long after a fault of the network clients may still feel it. Who was split off may at first find nobody but
    /// the holder on his side, as connections that outlived the fault send again at intervals that double. That
    /// holder's dial of a peer, which is given up after 5 s, sends for the last time at 3 s, so it may hang for 2 s
    /// more; the next one begins 2 s later at most; handshake and confirmation take less than a second.
    static let clientsGrace: Int64 = 5_000_000_000
    /// So long after a fault a node may still be behind: peers give a silent connection up after 5 s, wait 2 s at most
    /// before they make another, and then what was missed has to be sent.
    static let nodesGrace: Int64 = 10_000_000_000

    private struct Span {
        var from: Int64
        var until: Int64
    }

    private var spans: [String: [Span]] = [:]
    private var all: [Span] = []

    private init(_ affected: [RunRecord.Affected], grace: Int64) {
        for time in affected {
            let span = Span(from: time.from, until: time.until > .max - grace ? .max : time.until + grace)
            spans[time.name, default: []].append(span)
            all.append(span)
        }
    }

    /// Of regions, for what their clients feel.
    static func ofRegions(in record: RunRecord) -> AffectedTimes {
        AffectedTimes(record.affectedRegions, grace: clientsGrace)
    }

    /// Of nodes, for what they show without being asked to confirm it: those that a fault was about, and those that
    /// reached no majority.
    static func ofNodes(in record: RunRecord) -> AffectedTimes {
        AffectedTimes(record.affectedNodes + record.withoutQuorum, grace: nodesGrace)
    }

    /// Whether a fault was about it at some moment between the two. Nil: about any.
    func meet(_ name: String?, from: Int64, until: Int64) -> Bool {
        let spans = name.map { self.spans[$0] ?? [] } ?? all
        return spans.contains { $0.from <= until && from < $0.until }
    }
}
