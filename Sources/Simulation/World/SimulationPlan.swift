import KeyModel
package import Raft

/// Kinds of trouble. Each seed switches some of them on: a run with all of them hides what a run with few would show
/// (swarm testing: Groce et al., ISSTA 2012).
package struct Faults: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let loss = Faults(rawValue: 1 << 0)
    package static let duplication = Faults(rawValue: 1 << 1)
    package static let reordering = Faults(rawValue: 1 << 2)
    /// Some messages take up to ten election timeouts.
    package static let longDelays = Faults(rawValue: 1 << 3)
    /// Nothing goes from one node to another; the other way stays open.
    package static let oneWayCuts = Faults(rawValue: 1 << 4)
    /// Two sides that do not hear each other.
    package static let partitions = Faults(rawValue: 1 << 5)
    /// The messages of a node are held back and let go later, one node after the other.
    package static let clogging = Faults(rawValue: 1 << 6)
    package static let pauses = Faults(rawValue: 1 << 7)
    package static let crashes = Faults(rawValue: 1 << 8)
    /// The machine dies within a turn, before or after one of its writes.
    package static let writeCrashes = Faults(rawValue: 1 << 9)
    /// What was not synced is gone after a crash. Without it only the process dies and the machine keeps its writes.
    package static let powerLoss = Faults(rawValue: 1 << 10)
    package static let diskFull = Faults(rawValue: 1 << 11)
    /// Clocks run up to a fifth too fast or too slow.
    package static let clockRates = Faults(rawValue: 1 << 12)
    /// A node comes back with an empty disk, is turned away and rejoins under its next incarnation.
    package static let wipes = Faults(rawValue: 1 << 13)
    /// Replicas move to other nodes, through joint configurations.
    package static let moves = Faults(rawValue: 1 << 14)
    package static let transfers = Faults(rawValue: 1 << 15)
    package static let drains = Faults(rawValue: 1 << 16)
    /// Somebody tries to bring a placement's group to a node outside of it.
    package static let intrusions = Faults(rawValue: 1 << 17)
    /// Logs are cut short at once, so that who lags needs a snapshot.
    package static let shortLogs = Faults(rawValue: 1 << 18)

    /// A write takes seconds, and the node with it.
    package static let diskStalls = Faults(rawValue: 1 << 19)
    /// What a disk gives back is not what was written, and is refused; the disk is replaced.
    package static let bitRot = Faults(rawValue: 1 << 20)
    /// A power cut takes writes back that the disk had said were safe, and the mark beside them.
    package static let forgetfulDisks = Faults(rawValue: 1 << 21)
    /// Some nodes run an older program, and somebody raises the feature level all the same.
    package static let mixedPrograms = Faults(rawValue: 1 << 22)

    package static let names: [(fault: Faults, name: String)] = [
        (.loss, "loss"), (.duplication, "duplication"), (.reordering, "reordering"), (.longDelays, "long-delays"),
        (.oneWayCuts, "one-way-cuts"), (.partitions, "partitions"), (.clogging, "clogging"), (.pauses, "pauses"),
        (.crashes, "crashes"), (.writeCrashes, "write-crashes"), (.powerLoss, "power-loss"),
        (.diskFull, "disk-full"), (.clockRates, "clock-rates"), (.wipes, "wipes"), (.moves, "moves"),
        (.transfers, "transfers"), (.drains, "drains"), (.intrusions, "intrusions"), (.shortLogs, "short-logs"),
        (.diskStalls, "disk-stalls"), (.bitRot, "bit-rot"), (.forgetfulDisks, "forgetful-disks"),
        (.mixedPrograms, "mixed-programs"),
    ]

    /// Names of those that are on, in a fixed order.
    package var list: [String] { Self.names.filter { contains($0.fault) }.map(\.name) }
}

/// Everything about a run that its seed decides before it begins.
package struct SimulationPlan: Hashable, Sendable {
    /// One placement and its group.
    package struct PlacementPlan: Hashable, Sendable {
        package var group: GroupID
        package var name: String
        package var jurisdictions: [String]
        /// Node numbers, sorted.
        package var holders: [Int]
    }

    package var seed: UInt64
    package var nodes: Int
    /// Node `n` stands in region `(n - 1) % count`.
    package var regions: [RegionPlan]
    package var placements: [PlacementPlan]
    package var faults: Faults
    package var clients: Int
    /// Nanoseconds with trouble, after the federation stands.
    package var trouble: UInt64
    /// Whether frames go through the node-to-node format, as on a real wire.
    package var encodesFrames: Bool
    /// One way between regions, nanoseconds.
    package var distance: UInt64
    /// Between two faults, on average; nanoseconds.
    package var pace: UInt64 = 700_000_000
    package var limits = Limits()
    /// Nodes that begin with an older program, when programs are mixed.
    package var olderPrograms: [Int] = []
    /// On what the machines keep their state.
    package var stores = SimulatedStoreKind.inMemory
    /// Which of many runs of this plan; the seed's own is 0.
    package var luck: UInt64 = 0

    /// The highest feature level that any installed program knows: where programs are mixed, the newer one knows one
    /// more than this one.
    var newestFeatureLevel: UInt32 {
        KeyStateMachine.highestFeatureLevel + (faults.contains(.mixedPrograms) ? 1 : 0)
    }

    /// How much a node does at once. Narrow limits make of one exchange many, and faults find their way in between.
    package struct Limits: Hashable, Sendable {
        /// Bytes of the entries in one append; one entry always passes.
        package var append: UInt64 = 1 << 20
        /// Appends under way to one follower.
        package var inflight = 256
        /// Bytes of the entries applied at once; one entry always passes.
        package var apply: UInt64 = 4 << 20
    }

    /// A place and the law over it.
    package struct RegionPlan: Hashable, Sendable {
        package var name: String
        package var jurisdiction: String
    }

    static let cluster: [UInt8] = Array(repeating: 0xC1, count: 16)

    /// `faults` replaces what the seed would switch on; nothing else changes by that.
    package init(seed: UInt64, faults chosen: Faults? = nil) {
        self.seed = seed
        var random = Randomness(seed: seed ^ 0x5EED_0F_C1A7_16E5)
        let count = 3 + random.draw(below: 7)
        nodes = count
        let regionCount = count < 5 ? 2 : 2 + random.draw(below: 3)
        // The last of three or four regions is under another law.
        regions = (0..<regionCount).map { place in
            RegionPlan(
                name: "r\(place + 1)", jurisdiction: place > 1 && place == regionCount - 1 ? "US" : "EU")
        }
        let plans = regions
        let groups = 2 + random.draw(below: 7)
        placements = (0..<groups).map { place in
            let isOpen = random.draw(below: 4) == 0
            let jurisdictions = isOpen ? ["EU", "US"] : ["EU"]
            var permitted = (1...count).filter { jurisdictions.contains(plans[($0 - 1) % regionCount].jurisdiction) }
            let size = random.draw(below: 6) == 0 ? 1 : random.draw(below: 3) == 0 && permitted.count >= 5 ? 5 : 3
            var holders: [Int] = []
            while holders.count < size, !permitted.isEmpty {
                holders.append(permitted.remove(at: random.draw(below: permitted.count)))
            }
            return PlacementPlan(
                group: GroupID(UInt64(place + 2)), name: "p\(place + 1)", jurisdictions: jurisdictions,
                holders: holders.sorted())
        }
        clients = 2 + random.draw(below: 5)
        pace = [100_000_000, 250_000_000, 700_000_000][random.draw(below: 3)]
        trouble = UInt64(3 + random.draw(below: 8)) * 1_000_000_000 + 10 * pace
        encodesFrames = random.draw(below: 8) == 0
        distance = UInt64(1 + random.draw(below: 40)) * 1_000_000
        var drawn: Faults = []
        let share = 1 + random.draw(below: 8)
        for (fault, _) in Faults.names where random.draw(below: 8) < share { drawn.insert(fault) }
        faults = chosen ?? drawn
        if faults.contains(.mixedPrograms) {
            olderPrograms = (1...count).filter { _ in random.draw(below: 2) == 0 }
        }
        if random.draw(below: 2) == 0 { limits.append = [1, 600][random.draw(below: 2)] }
        if random.draw(below: 3) == 0 { limits.inflight = 1 + random.draw(below: 3) }
        if random.draw(below: 3) == 0 { limits.apply = 1 }
    }

    /// What happens in the run is drawn from this.
    var draws: UInt64 { seed ^ luck &* 0xD134_2543_DE82_EF95 }

    func region(ofNode number: Int) -> RegionPlan { regions[(number - 1) % regions.count] }

    func permits(_ placement: PlacementPlan, node number: Int) -> Bool {
        placement.jurisdictions.contains(region(ofNode: number).jurisdiction)
    }

    /// In one line, for reports.
    package var summary: String {
        "\(nodes) nodes, \(regions.count) regions, \(placements.count + 1) groups, \(clients) clients, "
            + "\(trouble / 1_000_000_000) s of "
            + (faults.isEmpty ? "calm" : faults.list.joined(separator: " ") + " each \(pace / 1_000_000) ms")
            + limits.text
    }
}

extension SimulationPlan.Limits {
    /// What is narrower than in production, for reports.
    fileprivate var text: String {
        let usual = Self()
        return (append == usual.append ? "" : ", appends of \(append) bytes")
            + (inflight == usual.inflight ? "" : ", \(inflight) at a time")
            + (apply == usual.apply ? "" : ", applied one by one")
    }
}
