/// Whether nodes without a quorum stop serving crypto in time.
struct IsolationCheck: Sendable {
    /// What a node may take to notice beyond the bound of staleness: its clock may run slower than others.
    private static let margin: Int64 = 1_000_000_000

    private(set) var findings: [Finding] = []
    /// Longest time, in nanoseconds, from a cut to the beginning of the last call that a node without a quorum served;
    /// 0 if none was served, nil if no node was ever without one.
    private(set) var longest: Int64?

    init(_ record: RunRecord, staleness: StalenessBounds) {
        guard !record.withoutQuorum.isEmpty else { return }
        var longest: Int64 = 0
        var served: [String: [ChaosCall]] = [:]
        for call in record.calls where call.isCrypto && call.isDone {
            if let node = call.node { served[node, default: []].append(call) }
        }
        for isolation in record.withoutQuorum {
            for call in served[isolation.name] ?? [] where call.start >= isolation.from {
                guard call.end ?? call.start < isolation.until else { continue }
                let age = call.start - isolation.from
                longest = max(longest, age)
                guard age > staleness[call.placement] + Self.margin else { continue }
                findings.append(
                    Finding(
                        .servedWithoutQuorum,
                        "\(isolation.name) served \(call.subject) \(RunTime.text(age)) after it was cut off: "
                            + call.words, calls: [call.number]))
            }
        }
        self.longest = longest
    }
}
