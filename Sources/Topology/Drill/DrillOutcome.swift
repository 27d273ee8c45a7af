/// What a drill measured, against its bounds. Times are seconds.
package struct DrillOutcome: Sendable, Encodable, Equatable {
    /// What probes do.
    package enum Kind: String, Sendable, Encodable, CaseIterable { case writes, crypto }

    /// All probes of one kind that come from one region.
    package struct Row: Sendable, Encodable, Equatable {
        package let placement: String
        package let kind: Kind
        /// Where the client is, which prefers the nodes there; empty if that makes no difference.
        package let clients: String
        package let calls: Int
        package let failed: Int
        /// By the error's code.
        package let failures: [String: Int]
        /// The longest time without an answer that ends after the first node left.
        package let longestGap: Double
        package let bound: Double
        package let isMet: Bool
        package let longestCall: Double
    }

    /// Acknowledged writes of a placement, read back.
    package struct Written: Sendable, Encodable, Equatable {
        package let placement: String
        package let acknowledged: Int
        package let lost: Int
        /// Whether a quorum said so.
        package let isVerified: Bool

        package init(placement: String, acknowledged: Int, lost: Int, isVerified: Bool) {
            self.placement = placement
            self.acknowledged = acknowledged
            self.lost = lost
            self.isVerified = isVerified
        }
    }

    package let drill: String
    package let region: String
    /// Seconds since 1970.
    package let started: Double
    package let isolated: [String]
    package let rows: [Row]
    package let written: [Written]
    /// What went otherwise than it should, one sentence each: a node that did not leave or did not come back.
    package let problems: [String]

    package init(
        drill: String, region: String, started: Double, isolated: [String], rows: [Row], written: [Written],
        problems: [String] = []
    ) {
        self.drill = drill
        self.region = region
        self.started = started
        self.isolated = isolated
        self.rows = rows
        self.written = written
        self.problems = problems
    }

    /// Every bound is met, nothing is lost, and nothing else went wrong.
    package var isGood: Bool {
        problems.isEmpty && rows.allSatisfy(\.isMet) && written.allSatisfy { $0.lost == 0 && $0.isVerified }
    }

    private enum CodingKeys: CodingKey { case drill, region, started, isolated, rows, written, problems, isGood }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(drill, forKey: .drill)
        try container.encode(region, forKey: .region)
        try container.encode(started, forKey: .started)
        try container.encode(isolated, forKey: .isolated)
        try container.encode(rows, forKey: .rows)
        try container.encode(written, forKey: .written)
        try container.encode(problems, forKey: .problems)
        try container.encode(isGood, forKey: .isGood)
    }
}

/// Calls of one probe, as they ended.
package struct DrillCalls: Sendable, Equatable {
    /// Seconds since the drill began at which an answer came, in any order.
    private var answers: [Double] = []
    private var failures: [String: Int] = [:]
    private var longest = 0.0

    package init() {}

    /// Remembers one call. `error` is its code, nil for an answer.
    package mutating func add(began: Double, ended: Double, error: String?) {
        longest = max(longest, ended - began)
        if let error { failures[error, default: 0] += 1 } else { answers.append(ended) }
    }

    /// What it comes to. The gap begins or ends at the edges `0` and `end` too, and ends after `fault`.
    package func row(
        _ kind: DrillOutcome.Kind, placement: String, clients: String, bound: Double, fault: Double, end: Double
    ) -> DrillOutcome.Row {
        let edges = [0] + answers.sorted() + [end]
        let gap = zip(edges, edges.dropFirst()).filter { $1 > fault }.map { $1 - $0 }.max() ?? end
        let failed = failures.values.reduce(0, +)
        return DrillOutcome.Row(
            placement: placement, kind: kind, clients: clients, calls: answers.count + failed, failed: failed,
            failures: failures, longestGap: Self.rounded(gap), bound: bound, isMet: gap <= bound,
            longestCall: Self.rounded(longest))
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
