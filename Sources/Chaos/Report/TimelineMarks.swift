/// What events say about stretches of time: faults, leaders, and nodes that are away.
struct TimelineMarks {
    private(set) var bands: [Timeline.Band] = []
    private(set) var leaders: [Timeline.Leadership] = []
    private(set) var down: [Timeline.Absence] = []
    /// Every node that an event names.
    let nodes: Set<String>

    /// A fault that goes on, and where its band is.
    private struct Open {
        let band: Int
        let text: String
        let nodes: Set<String>
    }

    private var open: [Open] = []
    private let length: Int64

    /// `length` is of the whole time line in nanoseconds: what never ends, ends there.
    init(_ events: [RunRecord.Event], schedule: [ScheduledFault], length: Int64) {
        self.length = length
        nodes = Set(events.flatMap(\.nodes)).union(events.compactMap { $0.kind == .leader ? $0.nodes.first : nil })
        let events = events.sorted { $0.at < $1.at }
        let faults = events.count { $0.kind == .fault }
        let steps = schedule.sorted { $0.at < $1.at }
        // Each step of the schedule began, so that it is known which fault an event is about.
        let known = faults == steps.count ? steps.map(\.fault) : []
        var number = 0
        for event in events {
            if event.kind == .fault {
                begin(event, known.indices.contains(number) ? known[number] : nil)
                number += 1
            } else if event.kind == .undone {
                finish(event)
            }
        }
        addLeaders(events)
        addAbsences(events)
    }

    // MARK: - Faults

    private mutating func begin(_ event: RunRecord.Event, _ fault: Fault?) {
        let mine = Set(event.nodes)
        if event.text.hasPrefix("start ") || event.text.hasPrefix("resume ") {
            close(at: event.at) { open in
                Self.isAbsence(open.text) && !open.nodes.isEmpty && open.nodes.isSubset(of: mine)
            }
        } else if fault == .mend {
            close(at: event.at) { open in Self.isNetwork(open.text) }
        }
        bands.append(Timeline.Band(text: event.text, from: seconds(event.at), until: nil))
        guard fault.map(Self.lasts) ?? true else { return }
        open.append(Open(band: bands.count - 1, text: event.text, nodes: mine))
        // Until something undoes it.
        if fault != nil { bands[bands.count - 1].until = seconds(length) }
    }

    private mutating func finish(_ event: RunRecord.Event) {
        let begun = Self.begun(by: event.text)
        if let index = open.firstIndex(where: { begun.contains($0.text) }) { return close(index, at: event.at) }
        let mine = Set(event.nodes)
        if let index = open.firstIndex(where: { $0.nodes == mine }) { close(index, at: event.at) }
    }

    private mutating func close(at time: Int64, where isMeant: (Open) -> Bool) {
        while let index = open.firstIndex(where: isMeant) { close(index, at: time) }
    }

    private mutating func close(_ index: Int, at time: Int64) {
        bands[open[index].band].until = seconds(time)
        open.remove(at: index)
    }

    /// What the beginning may be called of which `FaultText` calls the end so.
    private static func begun(by text: String) -> [String] {
        let pairs = [
            ("start ", ["kill ", "end ", "lose power of "]), ("resume ", ["pause "]), ("enable ", ["disable "]),
        ]
        for (end, begins) in pairs where text.hasPrefix(end) { return begins.map { $0 + text.dropFirst(end.count) } }
        return text.hasPrefix("over: ") ? [String(text.dropFirst(6))] : []
    }

    private static func isAbsence(_ text: String) -> Bool {
        ["kill ", "end ", "pause ", "lose "].contains { text.hasPrefix($0) }
    }

    private static func isNetwork(_ text: String) -> Bool {
        ["cut", "split", "link"].contains { text.hasPrefix($0) }
    }

    /// Whether a fault goes on until something undoes it.
    private static func lasts(_ fault: Fault) -> Bool {
        switch fault {
        case .kill, .end, .pause, .loseRegion, .losePower, .cut, .split, .flap, .link, .clockRate, .slowProcessor,
            .disableKey, .overload:
            true
        case .disk(_, let fault): fault != .failing(once: true) && !isFreeing(fault)
        case .start, .resume, .roll, .mend, .clockStep, .wipe, .rejoin, .transfer, .storm, .pull: false
        }
    }

    private static func isFreeing(_ fault: DiskFault) -> Bool {
        switch fault {
        case .space(_, let bytes): bytes < 0
        case .slow(let time): time == .zero
        case .failing: false
        case .sound: true
        }
    }

    // MARK: - Leaders and nodes

    private mutating func addLeaders(_ events: [RunRecord.Event]) {
        /// Positions in `leaders` of those who lead.
        var current: [String: Int] = [:]
        for event in events {
            if event.kind == .nodeEnded {
                for (group, index) in current.sorted(by: { $0.key < $1.key })
                where event.nodes.contains(leaders[index].node) {
                    leaders[index].until = seconds(max(0, event.at))
                    current[group] = nil
                }
            }
            guard event.kind == .leader, let node = event.nodes.first else { continue }
            if let index = current[event.group] {
                if leaders[index].node == node, leaders[index].term == event.term { continue }
                leaders[index].until = seconds(max(0, event.at))
            }
            current[event.group] = leaders.count
            leaders.append(
                Timeline.Leadership(
                    group: event.group, node: node, term: event.term, from: seconds(max(0, event.at)),
                    until: seconds(length)))
        }
        leaders.removeAll { $0.until <= $0.from }
        leaders.sort { ($0.group, $0.from) < ($1.group, $1.from) }
    }

    private mutating func addAbsences(_ events: [RunRecord.Event]) {
        var since: [String: Int64] = [:]
        for event in events {
            for node in event.nodes {
                if event.kind == .nodeEnded, since[node] == nil { since[node] = event.at }
                guard event.kind == .nodeReady, let from = since.removeValue(forKey: node), event.at > 0 else {
                    continue
                }
                down.append(Timeline.Absence(node: node, from: seconds(max(0, from)), until: seconds(event.at)))
            }
        }
        for (node, from) in since where from < length {
            down.append(Timeline.Absence(node: node, from: seconds(max(0, from)), until: seconds(length)))
        }
        down.sort { ($0.node, $0.from) < ($1.node, $1.from) }
    }

    private func seconds(_ time: Int64) -> Double { Timeline.seconds(min(max(0, time), length)) }
}
