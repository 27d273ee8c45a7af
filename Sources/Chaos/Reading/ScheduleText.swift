import Topology

/// One item of a schedule, and where it stands in the file.
struct ScheduleItem {
    let verb: FaultVerb
    let step: ScheduledFault
    let value: YAMLValue
}

/// A schedule as the file has it: each item a time, one verb with its object, and how long.
struct ScheduleText {
    private enum Times: String, CaseIterable { case once, always }

    /// Longest list of faults: each of them stands in the time line of a report.
    private static let limit = 500

    let cast: ScenarioCast
    let distances: Distances
    private var targets: TargetText { TargetText(cast: cast) }

    /// By time; in the order of the file where times are equal.
    func items(_ value: YAMLValue) throws(TopologyError) -> [ScheduleItem] {
        let values = try value.items()
        guard values.count <= Self.limit else { throw value.error("more than \(Self.limit) items") }
        let items = try values.map { (value) throws(TopologyError) in try item(value) }
        return items.enumerated()
            .sorted { ($0.element.step.at, $0.offset) < ($1.element.step.at, $1.offset) }
            .map(\.element)
    }

    private func item(_ value: YAMLValue) throws(TopologyError) -> ScheduleItem {
        let verbs = try value.members().compactMap { FaultVerb(rawValue: $0.key) }
        guard let verb = verbs.first else {
            throw value.error("nothing happens; one of \(FaultVerb.words(FaultVerb.allCases)) is needed")
        }
        guard verbs.count == 1 else {
            throw value.error("\(FaultVerb.words(verbs)) are \(verbs.count) things; each is an item of its own")
        }
        let lasting = verb.lasting == .never ? [] : ["for"]
        let fields = try value.fields(known: ["at", verb.rawValue] + verb.companions + lasting)
        let object = try fields.required(verb.rawValue)
        let time = try fields.optional("for")?.time()
        if let time, time <= .zero { throw value.error("'for' is no time at all") }
        guard time != nil || verb.lasting != .always else {
            throw value.error("'for' is missing: it never ends by itself")
        }
        let fault = try fault(verb, object, fields)
        return ScheduleItem(
            verb: verb, step: ScheduledFault(at: try fields.required("at").time(), fault, lasting: time), value: value)
    }

    // MARK: - Faults

    private func fault(_ verb: FaultVerb, _ object: YAMLValue, _ fields: YAMLFields) throws(TopologyError) -> Fault {
        switch verb {
        case .kill: .kill(try nodes(object))
        case .end: .end(try nodes(object))
        case .start: .start(try nodes(object))
        case .pause: .pause(try nodes(object))
        case .resume: .resume(try nodes(object))
        case .roll: .roll(try nodes(object))
        case .losePower: .losePower(try nodes(object))
        case .wipe: .wipe(try nodes(object))
        case .slowProcessor: .slowProcessor(try nodes(object), share: try slice(fields.required("share")))
        case .lose, .cut, .cutOneWay, .split, .flap, .link, .mend: try networkFault(verb, object, fields)
        case .slowDisk, .failSync, .fillDisk, .freeDisk: .disk(try nodes(object), try diskFault(verb, fields))
        case .stepClock: .clockStep(try nodes(object), by: try fields.required("by").time(isSigned: true))
        case .runClock:
            .clockRate(try nodes(object), try fields.required("speed").number(in: 0.01...100))
        case .rejoin: .rejoin(try oneNode(object))
        case .handOver: .transfer(placement: try cast.placement(object), to: try oneNode(fields.required("to")))
        case .disableKey: .disableKey(placement: try cast.placement(object))
        case .storm:
            .storm(
                placement: try cast.placement(object),
                clusters: try fields.required("clusters").integer(in: 1...1000),
                seeds: try fields.required("seeds").integer(in: 1...10_000))
        case .overload:
            .overload(
                placement: try cast.placement(object), callers: try fields.required("callers").integer(in: 1...1000))
        case .pull: .pull(placement: try cast.placement(object), from: try puller(fields.required("from"), of: object))
        }
    }

    private func networkFault(
        _ verb: FaultVerb, _ object: YAMLValue, _ fields: YAMLFields
    ) throws(TopologyError) -> Fault {
        switch verb {
        case .lose: return .loseRegion(try lost(object))
        case .cut: return .cut(try hosts(object), try hosts(fields.required("from")), isOneWay: false)
        case .cutOneWay: return .cut(try hosts(object), try hosts(fields.required("to")), isOneWay: true)
        case .split: return .split(try groups(object))
        case .flap:
            let every = try fields.required("every")
            let time = try every.time()
            guard time >= .milliseconds(10) else { throw every.error("faster than each 10ms") }
            return .flap(try hosts(object), try hosts(fields.required("from")), every: time)
        case .link:
            guard fields.optional("delay") != nil || fields.optional("loss") != nil else {
                throw fields.owner.error("'delay' or 'loss' is needed")
            }
            return .link(
                try hosts(object), try hosts(fields.required("to")),
                delay: try fields.optional("delay")?.time() ?? distances.between,
                loss: try fields.optional("loss")?.share() ?? 0)
        default:
            guard try object.text() == "network" else { throw object.error("only the 'network' can be mended") }
            return .mend
        }
    }

    private func diskFault(_ verb: FaultVerb, _ fields: YAMLFields) throws(TopologyError) -> DiskFault {
        switch verb {
        case .slowDisk: return .slow(try fields.required("by").time())
        case .failSync: return .failing(once: try fields.required("times").word(Times.self) == .once)
        default:
            let area = try fields.optional("area")?.word(DiskFault.Area.self) ?? .all
            return .space(area, bytes: verb == .freeDisk ? -1 : try fields.required("left").bytes())
        }
    }

    // MARK: - Who

    private func nodes(_ value: YAMLValue) throws(TopologyError) -> [Target] {
        try targets.targets(value, hasClients: false)
    }

    private func hosts(_ value: YAMLValue) throws(TopologyError) -> [Target] {
        try targets.targets(value, hasClients: true)
    }

    /// Exactly one node, whoever that will be.
    private func oneNode(_ value: YAMLValue) throws(TopologyError) -> Target {
        let target = try targets.target(value, hasClients: false)
        switch target {
        case .node, .leader, .followers(_, count: 1), .same: return target
        default: throw value.error("'\(try value.text())' may be several nodes; name one")
        }
    }

    private func groups(_ value: YAMLValue) throws(TopologyError) -> [[Target]] {
        let groups = try value.items().map { (item) throws(TopologyError) in try hosts(item) }
        guard groups.count >= 2 else { throw value.error("a split has two groups at least: [[A], [B, C]]") }
        return groups
    }

    /// A region, or that of a leader or follower where it is the only node there.
    private func lost(_ value: YAMLValue) throws(TopologyError) -> Target {
        let target = try targets.target(value, hasClients: false)
        switch target {
        case .region: return target
        case .leader(let group), .followers(let group, count: 1):
            for holder in cast.holders(of: group) where cast.nodes(in: holder.region).count > 1 {
                throw value.error("region '\(holder.region)' has several nodes; write 'region R'")
            }
            return target
        default: throw value.error("'\(try value.text())' is not one region; write 'region R' or 'leader of P'")
        }
    }

    /// Somebody outside the placement.
    private func puller(_ value: YAMLValue, of placement: YAMLValue) throws(TopologyError) -> Target {
        let target = try targets.target(value, hasClients: false)
        let held = Set(cast.holders(of: try placement.text()).map(\.name))
        let meant: [String]
        switch target {
        case .node(let name): meant = [name]
        case .region(let name): meant = cast.nodes(in: name)
        default:
            throw value.error("'\(try value.text())' may be anybody; name a node or a region outside the placement")
        }
        if let holder = meant.first(where: held.contains) {
            throw value.error("'\(holder)' holds '\(try placement.text())', so there is nothing to pull to it")
        }
        return target
    }

    private func slice(_ value: YAMLValue) throws(TopologyError) -> Double {
        let share = try value.share()
        guard share > 0, share < 1 else { throw value.error("a share of its time is above 0% and below 100%") }
        return share
    }
}
