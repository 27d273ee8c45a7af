/// Whether a disabled key stops being used, and how soon.
struct RevocationCheck: Sendable {
    /// Calls that began later after the acknowledgement than the bound of staleness and were served all the same, by
    /// whichever node.
    private(set) var findings: [Finding] = []
    /// By revocation: nanoseconds from its acknowledgement to the beginning of the last call that was served by a node
    /// that had a quorum within reach all that time; 0 where none was. Only revocations after which somebody asked.
    private(set) var lags: [Int64] = []

    init(_ record: RunRecord, staleness: StalenessBounds, disabled: [String: DisabledTimes]) {
        let absences = Absences(record)
        var uses: [String: [ChaosCall]] = [:]
        for call in record.calls where call.isCrypto && disabled[call.subject] != nil {
            uses[call.subject, default: []].append(call)
        }
        for (key, times) in disabled.sorted(by: { $0.key < $1.key }) {
            let calls = (uses[key] ?? []).sorted { ($0.start, $0.number) < ($1.start, $1.number) }
            for window in times.windows {
                judge(window, Self.within(window, calls), staleness, absences)
            }
        }
    }

    /// Those that began and ended while the key was disabled. Calls are by their beginnings.
    private static func within(_ window: DisabledTimes.Window, _ calls: [ChaosCall]) -> [ChaosCall] {
        let first = calls.partitioningIndex { $0.start > window.from }
        let rest = calls[first...].prefix { $0.start < window.until }
        return rest.filter { $0.end.map { $0 < window.until } ?? false }
    }

    private mutating func judge(
        _ window: DisabledTimes.Window, _ calls: [ChaosCall], _ staleness: StalenessBounds, _ absences: Absences
    ) {
        guard !calls.isEmpty else { return }
        var lag: Int64 = 0
        for call in calls where call.isDone {
            let age = call.start - window.from
            if !absences.isAway(call.node, from: window.from, until: call.end ?? call.start) { lag = max(lag, age) }
            guard age > staleness[call.placement] else { continue }
            findings.append(
                Finding(
                    .servedAfterRevocation,
                    "\(call.subject) was served by \(call.node ?? "a node") \(RunTime.text(age)) after call "
                        + "\(window.call) had disabled it: \(call.words)", calls: [window.call, call.number]))
        }
        lags.append(lag)
    }
}

extension Array {
    /// Of elements of which those that match come last: the first that does, or the end.
    func partitioningIndex(where isMatch: (Element) -> Bool) -> Int {
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if isMatch(self[middle]) { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }
}
