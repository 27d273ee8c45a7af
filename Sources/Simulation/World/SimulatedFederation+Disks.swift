import Cluster
import KeyModel
import KeyReplication
import Raft
import Storage

/// What goes wrong with disks and with the programs on them.
extension SimulatedFederation {
    /// How long a node that forgot may take part before it must have been found out; several heartbeats.
    private static let timeToFindOut: UInt64 = 4_000_000_000

    /// An empty disk, as a new or repaired machine has it.
    func putDisk(into node: SimulatedNode) {
        node.forgetful = nil
        do {
            node.disk = SimulatedDisk(inner: try plan.stores.make())
        } catch {
            witness.fail("I2", "no disk for node \(node.name): \(error)")
        }
    }

    // MARK: Space

    /// The room on a node's disk changes, and whoever looks at it tells the node. What is written meanwhile still fits:
    /// that is what the levels are for.
    func fill(_ node: SimulatedNode, to level: SpaceLevel) {
        guard node.disk.level != level else { return }
        tell(.fault, node, level == .good ? "space again" : "disk \(level)")
        node.disk.level = level
        turn(node, [.space(level)])
    }

    // MARK: Stalls

    /// The next synced write of the node takes its time, and what the turn wanted to say waits for it.
    func stall(_ node: SimulatedNode, for time: UInt64) { node.disk.stall = time }

    /// From now on every synced write of the node takes its time.
    func slow(_ node: SimulatedNode, to slowness: UInt64?) {
        tell(.fault, node, slowness == nil ? "the disk is quick again" : "the disk is slow")
        node.disk.slowness = slowness
    }

    /// The shard's thread waits for the disk; what arrives meanwhile is kept.
    func wait(_ node: SimulatedNode, for time: UInt64) {
        tell(.fault, node, "the disk stalls")
        events.note(.diskStalled)
        node.condition = .paused
        queue.add(.resume(node.number), at: now + time)
    }

    // MARK: Damage

    /// Bits of the disk rot, where the rest of the federation can do without it.
    func rot(_ node: SimulatedNode) {
        guard node.condition == .running, mayLoseDisk(node) else { return }
        tell(.fault, node, "bits rot")
        node.disk.isDamaged = true
        node.mustBeWiped = true
    }

    /// A store that finds damage does not open; the process ends.
    func refuse(_ node: SimulatedNode) {
        events.note(.damageMet)
        node.disk.die()
        node.condition = .down
        node.core = nil
        tell(.local, node, "does not start: its disk is damaged")
    }

    /// Whether somebody knows by now that the disk has to be replaced. When the trouble is over all disks are looked
    /// at.
    func isFoundOut(_ node: SimulatedNode) -> Bool {
        if phase == .healing { return true }
        return node.disk.isDamaged ? node.condition == .down : now >= quietUntil
    }

    // MARK: Lost acknowledgements

    /// From here on the disk lies about syncs: what it shows after the next power cut is what it has now.
    func watchForgetful(_ node: SimulatedNode) {
        guard node.condition == .running, node.forgetful == nil, !plan.faults.contains(.longDelays) else { return }
        node.forgetful = node.disk.inner.copyNow()
        queue.add(.forget(node.number), at: now + UInt64(100 + random.draw(below: 2000)) * 1_000_000)
    }

    /// The power goes, and with it everything since the disk began to lie, the mark included.
    ///
    /// Consensus cannot survive that in general: a replica that votes before anybody can tell it what it forgot may
    /// help a leader into office who lacks it too. So it happens where everybody is well and the leaders of all its
    /// groups know what it acknowledged, and no other trouble comes until it has heard from them. What is shown is
    /// that they tell it, that it then stops for good, also over restarts, and that its successor brings the group
    /// back.
    func forget(_ node: SimulatedNode) {
        guard let past = node.forgetful else { return }
        node.forgetful = nil
        guard phase == .trouble, isCalm, mayLoseDisk(node), let lost = acknowledgedSince(past, node) else { return }
        tell(.fault, node, "POWER LOST, and with it what the disk had called safe")
        quietUntil = now + Self.timeToFindOut + 1_000_000_000
        node.forgotten = lost
        // What it acknowledged last is under way: those who hear it later tell it, too.
        node.shortened = Set(
            node.replicas.map(\.group).filter { lastIndex(of: $0, in: past) < lastIndex(of: $0, in: node.disk.inner) })
        node.mustBeWiped = true
        crash(node, isSeen: true, restartAfter: 50_000_000)
        node.disk = SimulatedDisk(inner: past)
        queue.add(.judgeForgetful(node.number, process: node.process + 1), at: now + Self.timeToFindOut)
    }

    private func lastIndex(of group: GroupID, in store: any SimulatedStore) -> LogIndex {
        (try? store.log(of: group).lastIndex) ?? .zero
    }

    private var isCalm: Bool {
        now >= quietUntil && network.isOpen(now)
            && nodes.allSatisfy {
                $0.condition == .running && !$0.isDraining && !$0.isTurnedAway && $0.disk.writesLeft == nil
            }
    }

    /// What the leaders of the node's groups know that it acknowledged and that its past does not have. Nil when some
    /// group has no leader who knows, or when nothing would be forgotten.
    private func acknowledgedSince(_ past: any SimulatedStore, _ node: SimulatedNode) -> [Forgotten]? {
        guard let then = try? past.groups(), then.map(\.group) == node.replicas.map(\.group),
            factsAreEqual(past, node.disk.inner)
        else { return nil }
        var lost: [Forgotten] = []
        for replica in node.replicas {
            guard !replica.gauge.isStopped, preference(for: replica.group) != [node.replica],
                let log = try? past.log(of: replica.group),
                let leader = nodes.first(where: { $0.gauge(of: replica.group)?.isLeader == true }), leader !== node,
                let status = leader.core?.status(of: replica.group),
                status.term == replica.gauge.term, !status.membership.isJoint,
                let match = status.matches.first(where: { $0.replica == node.replica }), match.isActive
            else { return nil }
            let known = min(match.match, status.commit)
            guard known > log.lastIndex else { continue }
            lost.append(
                Forgotten(group: replica.group, known: known, leader: leader.replica, term: status.term))
        }
        return lost.isEmpty ? nil : lost
    }

    private func factsAreEqual(_ a: any SimulatedStore, _ b: any SimulatedStore) -> Bool {
        guard let a = try? a.facts(withPrefix: []), let b = try? b.facts(withPrefix: []) else { return false }
        return a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
    }

    /// I6: who forgot what it acknowledged is told so by the leader, and takes no part any more.
    func judge(_ node: SimulatedNode, process: UInt64) {
        guard node.process == process, node.condition == .running else { return }
        for lost in node.forgotten {
            guard let gauge = node.gauge(of: lost.group),
                let leader = nodes.first(where: { $0.gauge(of: lost.group)?.isLeader == true }),
                leader.replica == lost.leader, leader.gauge(of: lost.group)?.term == lost.term
            else { continue }
            witness.require(
                gauge.isStopped, "I6",
                "group \(lost.group.rawValue): \(node.name) forgot index \(lost.known.rawValue), which it had "
                    + "acknowledged to \(lost.leader.label), and still takes part")
        }
    }

    // MARK: Programs

    /// Somebody raises the feature level of a placement before every node has the newer program.
    func raiseLevel() {
        let place = 1 + random.draw(below: plan.placements.count)
        guard manager.work[place].operation == 0 else { return }
        propose(
            KeyCommandCodec.encode(
                KeyCommand(.raiseFeatureLevel(plan.newestFeatureLevel), header: SimulatedManager.header())),
            to: place)
    }

    /// A group has halted on an entry that the node's program does not know: it gets the newer one.
    func replaceProgram(of node: SimulatedNode) {
        guard node.featureLevel < plan.newestFeatureLevel else { return }
        events.note(.haltedByOlderProgram)
        queue.add(.install(node.number), at: now + UInt64(200 + random.draw(below: 3000)) * 1_000_000)
    }

    /// The newer program starts on the same disk.
    func install(_ node: SimulatedNode) {
        guard node.featureLevel < plan.newestFeatureLevel else { return }
        tell(.management, node, "gets the newer program")
        events.note(.programReplaced)
        node.featureLevel = plan.newestFeatureLevel
        crash(node, isSeen: true, restartAfter: 100_000_000)
    }
}
