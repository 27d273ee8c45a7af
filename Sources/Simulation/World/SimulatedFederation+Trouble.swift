import Cluster
import Raft
import Storage

extension SimulatedFederation {
    // MARK: Trouble

    /// The next fault of those that are switched on, and when the one after it comes.
    func makeTrouble() {
        guard phase == .trouble else { return }
        guard now < troubleEnds else { return heal() }
        let kinds = Faults.names.map(\.fault).filter { plan.faults.contains($0) && Self.comesAtOnce.contains($0) }
        if !kinds.isEmpty, now >= quietUntil { strike(kinds[random.draw(below: kinds.count)]) }
        queue.add(.trouble, at: now + UInt64(1 + random.draw(below: Int(2 * plan.pace))))
    }

    /// Faults that strike; the others are a property of the network, the disks or the clocks all the time.
    private static let comesAtOnce: Faults = [
        .oneWayCuts, .partitions, .clogging, .pauses, .crashes, .writeCrashes, .diskFull, .wipes, .moves, .transfers,
        .drains, .intrusions, .diskStalls, .bitRot, .forgetfulDisks, .mixedPrograms,
    ]

    private func strike(_ fault: Faults) {
        let node = aim()
        let time = UInt64(50 + random.draw(below: 4000)) * 1_000_000
        trace.absorb(UInt64(fault.rawValue))
        switch fault {
        case .oneWayCuts: cutOneWay(node, for: time)
        case .partitions: partition(for: time)
        case .clogging: clog()
        case .pauses: pause(node, for: time)
        case .crashes: strikeCrash(node, restartAfter: time)
        case .writeCrashes:
            node.disk.keepsLastWrite = random.draw(below: 2) == 0
            let writes = random.draw(below: 12)
            tell(.fault, node, "will die after \(writes) writes")
            node.disk.writesLeft = writes
        case .diskFull:
            fill(node, to: random.draw(below: 2) == 0 ? .low : .full)
            queue.add(.spaceAgain(node.number), at: now + time)
        case .wipes: if mayLoseDisk(node), node.condition != .down { wipe(node) }
        case .moves: move()
        case .transfers: transfer()
        case .drains: drain(node)
        case .intrusions: intrude()
        case .diskStalls:
            if random.draw(below: 2) == 0 { return stall(node, for: time) }
            slow(node, to: UInt64(130 + random.draw(below: 300)) * 1_000_000)
            queue.add(.quickAgain(node.number), at: now + 3 * time)
        case .bitRot: rot(node)
        case .forgetfulDisks: watchForgetful(node)
        case .mixedPrograms: raiseLevel()
        default: break
        }
    }

    /// Whom a fault strikes: half of the time anybody, else the one who leads some group just now. Where a group has
    /// three of nine nodes, chance alone seldom strikes one leader after the other.
    private func aim() -> SimulatedNode {
        let anybody = nodes[random.draw(below: nodes.count)]
        guard random.draw(below: 2) == 0 else { return anybody }
        let group = manager.work[random.draw(below: manager.work.count)].group
        return nodes.first { $0.condition == .running && $0.gauge(of: group)?.isLeader == true } ?? anybody
    }

    private func cutOneWay(_ node: SimulatedNode, for time: UInt64) {
        let other = nodes[random.draw(below: nodes.count)]
        guard other.number != node.number else { return }
        tell(.fault, node, "is not heard by \(other.name)")
        network.cut(node.number, other.number)
        queue.add(.mend([(node.number, other.number)]), at: now + time)
    }

    /// Half of the time one node stands alone.
    private func partition(for time: UInt64) {
        let lonely = random.draw(below: 2) == 0 ? aim() : nil
        let sides = nodes.map { node in lonely.map { $0 === node } ?? (random.draw(below: 2) == 0) }
        var ways: [(from: Int, to: Int)] = []
        for a in nodes {
            for b in nodes where sides[a.number - 1] != sides[b.number - 1] {
                ways.append((a.number, b.number))
                network.cut(a.number, b.number)
            }
        }
        tell(.fault, nil, "partition: \(Self.names(nodes.filter { sides[$0.number - 1] })) apart from the others")
        queue.add(.mend(ways), at: now + time)
    }

    func mend(_ ways: [(from: Int, to: Int)]) {
        tell(.fault, nil, "mended: " + (ways.count == 1 ? "n\(ways[0].from) to n\(ways[0].to)" : "the partition"))
        for way in ways { network.mend(way.from, way.to) }
        // A leader that was cut off comes back just when the next one dies, before that could say a word to it.
        if ways.count > 1, phase == .trouble, now >= quietUntil, plan.faults.contains(.crashes),
            random.draw(below: 2) == 0
        {
            strikeCrash(aim(), restartAfter: 2_000_000_000)
        }
    }

    private static func names(_ nodes: [SimulatedNode]) -> String { nodes.map(\.name).joined(separator: " ") }

    /// Holds back everybody's messages and lets them go one node after the other ("swizzle-clogging", FoundationDB).
    private func clog() {
        tell(.fault, nil, "all messages are held back")
        var order = nodes.map(\.number)
        var time = now
        while !order.isEmpty {
            let number = order.remove(at: random.draw(below: order.count))
            time += UInt64(random.draw(below: 600)) * 1_000_000
            network.clog(number, until: time)
        }
    }

    private func pause(_ node: SimulatedNode, for time: UInt64) {
        guard node.condition == .running else { return }
        if node.replicas.contains(where: { $0.seen.isLeader }) { events.note(.leaderPaused) }
        tell(.pause, node)
        node.condition = .paused
        queue.add(.resume(node.number), at: now + time)
    }

    private func strikeCrash(_ node: SimulatedNode, restartAfter time: UInt64) {
        crash(node, drawCrashMode(), isSeen: random.draw(below: 3) > 0, restartAfter: time)
    }

    /// A placement's replicas, one or two of them, move to nodes that never had it.
    private func move() {
        let placement = plan.placements[random.draw(below: plan.placements.count)]
        let place = manager.place(of: placement.group)
        let work = manager.work[place]
        var free = (1...plan.nodes).filter {
            plan.permits(placement, node: $0) && !work.hosted.contains($0) && !work.desired.contains($0)
        }
        guard manager.wiped == nil, !free.isEmpty else { return }
        let first = random.draw(below: work.desired.count)
        for step in 0..<min(free.count, work.desired.count, 1 + random.draw(below: 2)) {
            let seat = (first + step) % work.desired.count
            manager.work[place].desired[seat] = free.remove(at: random.draw(below: free.count))
        }
        tell(
            .management, nil, about: placement.group,
            "should be on \(Self.names(manager.work[place].desired.map { self.node($0) }))")
    }

    private func transfer() {
        let group = manager.work[random.draw(below: manager.work.count)].group
        guard let node = nodes.first(where: { $0.condition == .running && $0.gauge(of: group)?.isLeader == true })
        else { return }
        events.note(.leadershipMoved)
        tell(.management, node, about: group, "hand over the lead")
        turn(node, [.transferLeadership(group, to: nil) { _ in }])
    }

    private func drain(_ node: SimulatedNode) {
        guard node.condition == .running, !node.isDraining else { return }
        tell(.management, node, "drain")
        node.isDraining = true
        if node.replicas.contains(where: { $0.seen.isLeader }) { events.note(.drainedAway) }
        turn(node, [.drain])
        queue.add(.stop(node.number, process: node.process), at: now + 3_000_000_000)
    }

    /// The drained process ends in order and comes back.
    func stop(_ node: SimulatedNode, process: UInt64) {
        guard node.process == process, node.condition == .running else { return }
        crash(node, isSeen: true, restartAfter: 500_000_000)
    }

    /// Somebody asks for a replica outside of the placement, and puts one there by force.
    private func intrude() {
        let placement = plan.placements[random.draw(below: plan.placements.count)]
        guard let outsider = nodes.first(where: { !plan.permits(placement, node: $0.number) }),
            outsider.condition == .running,
            let leader = nodes.first(where: {
                $0.condition == .running && $0.gauge(of: placement.group)?.isLeader == true
            })
        else { return }
        if outsider.place(of: placement.group) == nil {
            // A replica by force: it knows the members and calls itself one of them.
            let members = placement.holders.map { node($0).replica } + [outsider.replica]
            create(placement.group, Membership(voters: members.sorted()), on: outsider)
        }
        guard leader.condition == .running else { return }
        tell(.fault, leader, about: placement.group, "an intruder wants \(outsider.name), which is outside, to join")
        let answers = leader.answers
        let operation = newOperation()
        operations[operation] = .intrusion
        turn(
            leader,
            [
                .changeMembership(
                    placement.group, MembershipChange(changes: [.init(.addLearner, outsider.replica)]),
                    deadline: leader.clock.local(now) + 2_000_000_000
                ) { answers.put(.proposal(operation, $0)) }
            ])
    }

    // MARK: Healing

    /// All faults stop. From here on everything must come right by itself, or by what an operator would do.
    private func heal() {
        tell(.fault, nil, "the trouble is over")
        phase = .healing
        healingSince = now
        network.heal()
        for node in nodes {
            node.disk.writesLeft = nil
            fill(node, to: .good)
            node.disk.stall = nil
            node.disk.slowness = nil
        }
    }

    func mendNodes() {
        for node in nodes {
            if node.condition == .paused { resume(node) }
            if node.isDraining, node.condition == .running {
                crash(node, isSeen: true, restartAfter: 100_000_000)
            }
            if node.replicas.contains(where: { $0.gauge.isStopped }) { replaceProgram(of: node) }
        }
    }

    var isHealed: Bool { unhealedProblem == nil }

    var unhealed: (invariant: String, text: String) { unhealedProblem ?? ("I23", "it healed too late") }

    /// What is still not as it should be, by the number of the promise that is not kept.
    private var unhealedProblem: (invariant: String, text: String)? {
        if let down = nodes.first(where: { $0.condition != .running || $0.isTurnedAway || $0.isDraining }) {
            return ("I25", "node \(down.name) is not back")
        }
        if let wiped = manager.wiped { return ("I25", missing(wiped.number) ?? "n\(wiped.number) is still missing") }
        for work in manager.work {
            if let problem = unhealedProblem(of: work) {
                return (problem.0, "group \(work.group.rawValue): \(problem.1)")
            }
        }
        return nil
    }

    private func unhealedProblem(of work: SimulatedManager.GroupWork) -> (String, String)? {
        let leaders = nodes.filter { $0.gauge(of: work.group)?.isLeader == true }
        guard leaders.count == 1, let leader = leaders.first, let gauge = leader.gauge(of: work.group) else {
            return ("I23", "\(leaders.count) nodes lead")
        }
        guard work.isProbed else { return ("I24", "no write is committed") }
        guard let members = witness.groups[work.group]?.membership.value else { return ("I26", "it has no members") }
        if members.isJoint { return ("I26", "it is still in a joint configuration") }
        for number in work.desired {
            let node = node(number)
            guard let own = node.gauge(of: work.group) else { return ("I25", "\(node.name) has no replica") }
            guard own.applied == gauge.applied, own.term == gauge.term else {
                return ("I25", "\(node.name) has applied \(own.applied.rawValue) of \(gauge.applied.rawValue)")
            }
            guard members.replicas.contains(node.replica) else { return ("I26", "\(node.name) is no member") }
        }
        if let first = work.desired.first, work.group != SimulationPlan.directory, leader.number != first {
            return ("I27", "\(leader.name) leads, n\(first) should")
        }
        return nil
    }
}
