import Topology

/// What must hold between the items of a schedule, the length of the load, and the loads.
struct ScheduleRules {
    let cast: ScenarioCast
    let length: Duration
    let loads: [Load]

    /// Throws for the first item, by time, that breaks a rule.
    func check(_ items: [ScheduleItem]) throws(TopologyError) {
        for (index, item) in items.enumerated() {
            try checkTime(item)
            try checkSubject(item)
            try checkOrder(item, after: items[..<index])
            try checkLoad(item)
        }
    }

    private func checkTime(_ item: ScheduleItem) throws(TopologyError) {
        guard item.step.at < length else { throw item.value.error("'at' is not before the end of the load") }
        guard item.step.at + (item.step.lasting ?? .zero) <= length else {
            throw item.value.error("it lasts longer than the load; leave 'for' away, and it is undone after the end")
        }
    }

    private func checkSubject(_ item: ScheduleItem) throws(TopologyError) {
        guard cast.subject == .claviger || item.verb.isForEtcd else {
            throw item.value.error(
                "'\(item.verb.rawValue)' cannot be done to etcd; what can: "
                    + FaultVerb.words(FaultVerb.allCases.filter(\.isForEtcd)))
        }
    }

    private func checkOrder(_ item: ScheduleItem, after earlier: ArraySlice<ScheduleItem>) throws(TopologyError) {
        let needed = item.verb.needsBefore
        guard needed.isEmpty || earlier.contains(where: { needed.contains($0.verb) }) else {
            throw item.value.error("'\(item.verb.rawValue)' comes after one of \(FaultVerb.words(needed))")
        }
        guard item.step.fault.targets.contains(.same) else { return }
        guard let last = earlier.last, last.verb.isAboutNodes else {
            throw item.value.error("'same' is whom the item before was about, and that was nobody")
        }
    }

    private func checkLoad(_ item: ScheduleItem) throws(TopologyError) {
        switch item.step.fault {
        case .disableKey(let placement):
            try need([.crypto, .probe], of: placement, for: item)
        case .overload(let placement, _):
            try need(Load.Kind.ofFiles.filter { $0 != .registers }, of: placement, for: item)
        case .pull(let placement, _):
            try need([.crypto], of: placement, for: item)
        default: break
        }
    }

    private func need(_ kinds: [Load.Kind], of placement: String, for item: ScheduleItem) throws(TopologyError) {
        guard loads.contains(where: { kinds.contains($0.kind) && $0.placement == placement }) else {
            let words = kinds.map { "'\($0.rawValue)'" }.joined(separator: " or ")
            throw item.value.error("it needs a load of \(words) on '\(placement)'")
        }
    }
}

extension Fault {
    /// Everyone whom it names.
    var targets: [Target] {
        switch self {
        case .kill(let targets), .end(let targets), .start(let targets), .pause(let targets), .resume(let targets),
            .roll(let targets), .losePower(let targets), .disk(let targets, _), .clockStep(let targets, _),
            .clockRate(let targets, _), .slowProcessor(let targets, _), .wipe(let targets):
            targets
        case .cut(let one, let other, _), .flap(let one, let other, _), .link(let one, let other, _, _): one + other
        case .split(let groups): groups.flatMap(\.self)
        case .loseRegion(let target), .rejoin(let target), .transfer(_, let target), .pull(_, let target): [target]
        case .mend, .disableKey, .storm, .overload: []
        }
    }
}
