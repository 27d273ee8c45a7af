/// Figures that come from the time line: leaders, processes, disks and storms.
struct EventFigures: Sendable {
    /// How a full disk is named to a client: the store's, and the audit record's.
    private static let fullDisk: Set<String> = ["overloaded", "auditUnavailable"]

    private let record: RunRecord
    private let length: Int64

    init(_ record: RunRecord) {
        self.record = record
        length = RunTime.nanoseconds(record.scenario.length)
    }

    /// All that apply.
    ///
    /// - `termsPerMinute`: of the group that had most of them, by how many its terms grew in the load's time; without
    ///   terms, as of etcd, how often a node began to lead.
    /// - `nodeReady`: longest time from a start of a node in the load's time to its readiness; of one that never is
    ///   ready, to the end of what is known.
    /// - `firstCrypto`: from the last start of a node in the load's time to the end of the first call after it that
    ///   encrypted or decrypted, of whichever load but `revocation`; to the end of the load where there is none.
    /// - `refusalAfterFull`: from the first fault that fills a disk until a node first refused a write as overloaded or
    ///   without an audit record, whatever the client made of that.
    /// - `nodesEnded`: nodes that ended although nobody ended them.
    /// - `stormTime`, `stormLongestCall`: of the worst storm. `stormErrors`: of all storms together.
    var all: [Measure: Double] {
        var figures: [Measure: Double] = [:]
        figures[.termsPerMinute] = termsPerMinute
        figures[.nodeReady] = longestStart.map(RunTime.seconds)
        figures[.firstCrypto] = firstCrypto.map(RunTime.seconds)
        figures[.refusalAfterFull] = refusalAfterFull.map(RunTime.seconds)
        figures[.nodesEnded] = Double(record.events.count { $0.kind == .nodeEnded })
        figures[.stormTime] = record.storms.map { RunTime.seconds($0.took) }.max()
        figures[.stormLongestCall] = record.storms.map { RunTime.seconds($0.longestCall) }.max()
        if !record.storms.isEmpty { figures[.stormErrors] = Double(record.storms.reduce(0) { $0 + $1.errors }) }
        return figures
    }

    // MARK: - Leaders

    private var termsPerMinute: Double? {
        guard length > 0 else { return nil }
        var groups: [String: [RunRecord.Event]] = [:]
        for event in record.events where event.kind == .leader && event.group != NodeDesk.directory {
            if event.at <= length { groups[event.group, default: []].append(event) }
        }
        let counts = groups.values.map { events in
            let (before, since) = (events.filter { $0.at <= 0 }, events.filter { $0.at > 0 })
            let terms = since.map(\.term)
            guard let highest = terms.max() else { return 0.0 }
            guard highest > 0 else { return Double(since.count) }
            // Of a leader that nobody saw before the load only the later ones are new.
            let first = before.map(\.term).max() ?? terms.min() ?? highest
            return Double(max(first, highest) - first)
        }
        return counts.max().map { $0 * 60e9 / Double(length) }
    }

    // MARK: - Processes

    private var starts: [RunRecord.Event] {
        record.events.filter { $0.kind == .nodeStarted && $0.at > 0 && $0.at <= length }
    }

    private var longestStart: Int64? {
        let end = max(length, record.events.map(\.at).max() ?? 0)
        return starts.compactMap { start -> Int64? in
            let later = record.events.filter { $0.at >= start.at && $0 != start && $0.nodes == start.nodes }
            let next = later.first { $0.kind == .nodeReady || $0.kind == .nodeStarted }
            if let next {
                // Started once more before it was ready: that start counts.
                return next.kind == .nodeReady ? next.at - start.at : nil
            }
            return end - start.at
        }.max()
    }

    private var firstCrypto: Int64? {
        guard let start = starts.map(\.at).max() else { return nil }
        let first = record.calls.lazy
            .filter { $0.isCrypto && $0.load != .revocation && CallFigures.isServed($0) }
            .compactMap(\.end).filter { $0 >= start }.min()
        return (first ?? max(length, start)) - start
    }

    // MARK: - Faults

    private var refusalAfterFull: Int64? {
        let begun = record.begin { fault in
            if case .disk(_, .space(_, let bytes)) = fault { bytes >= 0 } else { false }
        }
        guard let begun else { return nil }
        let at = record.events[begun.event].at
        let refusals = record.calls.lazy.filter(\.isWrite).flatMap(\.refusals)
            .filter { $0.at >= at && Self.fullDisk.contains($0.code) }
        return refusals.map(\.at).min().map { $0 - at }
    }
}

extension RunRecord {
    /// The first fault of these that began, and where in the time line that stands, from the schedule's words in it.
    func begin(_ isMeant: (Fault) -> Bool) -> (fault: Fault, event: Int)? {
        let meant = scenario.schedule.map(\.fault).filter(isMeant)
        for (index, event) in events.enumerated() where event.kind == .fault {
            if let fault = meant.first(where: { event.text.hasPrefix(FaultText.begin($0, at: "")) }) {
                return (fault, index)
            }
        }
        return nil
    }
}
