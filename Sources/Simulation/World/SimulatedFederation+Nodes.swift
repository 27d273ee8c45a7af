import Cluster
import KeyModel
import KeyReplication
import Peering
import Raft
import Storage
import Wire

/// One process on a node, as its peers know it.
final class SimulatedProcess {
    let number: Int
    let process: UInt64
    let hello: PeerHello
    let identity: PeerIdentity

    init(_ node: SimulatedNode) {
        number = node.number
        process = node.process
        hello = node.hello
        identity = node.identity
    }
}

extension SimulatedFederation {
    // MARK: Processes

    /// Starts a process on the node's disk.
    func boot(_ node: SimulatedNode, after mode: CrashMode) {
        do {
            node.disk = try node.disk.restarted(after: mode, random: &random)
        } catch {
            return witness.fail("I2", "the store of node \(node.name) does not open: \(error)")
        }
        node.process += 1
        node.condition = .running
        node.lastSync = nil
        node.isDraining = false
        node.inbox = []
        node.writtenChanges = []
        node.judged = []
        node.replicas = []
        node.views = []
        node.directory = DirectoryView()
        _ = node.answers.drain()
        let disk = node.disk
        if disk.identity == nil {
            let identity = StoreIdentity(
                cluster: SimulationPlan.cluster, node: UInt16(node.number), incarnation: node.incarnation,
                store: node.storeID)
            do { try disk.initialize(identity) } catch { witness.fail("I2", "a new disk was refused: \(error)") }
        }
        watch(node)
        node.outbox = SimulatedOutbox(disk: disk)
        node.outbox.inspect = { [unowned self, unowned node] in inspect($0, to: $1, from: node) }
        node.gate = GroupGate()
        node.gate.setRule(SimulatedGuard(plan: plan, region: node.region))
        node.ledger = PeerLedger(
            own: node.replica, facts: (try? disk.facts(withPrefix: PeerLedger.prefix)) ?? [])
        node.ledger.consult { [directory = node.directory] number in
            directory.state.node(number).map { entry in
                PeerLedger.Entry(
                    seat: PeerSeat(incarnation: entry.incarnation, store: entry.storeID),
                    isTaken: entry.incarnation == 1 || !entry.sealingKey.isEmpty)
            }
        }
        let core = ShardCore(configuration: configuration(of: node), store: disk, outbox: node.outbox) { _ in
            disk.die()
        }
        node.core = core
        load(core, on: node)
        turn(node, [.space(disk.level)])
    }

    private func configuration(of node: SimulatedNode) -> ShardConfiguration {
        var configuration = ShardConfiguration(
            replica: node.replica, seed: random.next(), session: random.next())
        configuration.tick = 20_000_000
        configuration.heartbeatTicks = 5
        configuration.electionTicks = 50
        configuration.preferenceHysteresis = 3_000_000_000
        configuration.unwillingPause = 5_000_000_000
        // However long the trouble was, who is preferred leads again long before patience ends.
        configuration.longestUnwillingPause = 20_000_000_000
        configuration.standAsidePause = 5_000_000_000
        configuration.quickBeforeLeading = 3_000_000_000
        configuration.digestInterval = 64
        configuration.maxAppendBytes = plan.limits.append
        configuration.maxInflightAppends = plan.limits.inflight
        configuration.maxApplyBytes = plan.limits.apply
        if plan.faults.contains(.shortLogs) {
            configuration.logTrail = 12
            configuration.compactionStep = 8
            configuration.patientSteps = 2
        }
        return configuration
    }

    private func load(_ core: ShardCore<SimulatedOutbox>, on node: SimulatedNode) {
        if node.disk.isDamaged { return refuse(node) }
        do {
            for stored in try node.disk.groups() {
                let log = try node.disk.inner.log(of: stored.group)
                guard node.forgotten.isEmpty else { continue }
                witness.durability(stored, lastIndex: log.lastIndex, of: node.replica)
            }
            let gauges = try core.load { stored throws(ClusterError) in
                (machine(for: stored.group, on: node), preference(for: stored.group))
            }
            for gauge in gauges { node.add(gauge) }
        } catch {
            witness.fail("I2", "node \(node.name) does not start: \(error)")
        }
    }

    private func machine(for group: GroupID, on node: SimulatedNode) -> any ReplicatedStateMachine {
        let inner: any ReplicatedStateMachine
        if group == SimulationPlan.directory {
            inner = DirectoryReplica(view: node.directory)
        } else {
            let replica = KeyReplica(highestFeatureLevel: node.featureLevel)
            node.views.removeAll { $0.group == group }
            node.views.append((group, replica.view))
            inner = replica
        }
        return WitnessedMachine(
            inner, witness: witness, group: group, replica: node.replica,
            mayHalt: node.featureLevel < plan.newestFeatureLevel)
    }

    func preference(for group: GroupID) -> [ReplicaID] {
        guard let first = manager.desired(group).first else { return [] }
        return [node(first).replica]
    }

    private func watch(_ node: SimulatedNode) {
        let replica = node.replica
        let region = node.region
        let name = node.name
        let inner = node.disk.inner
        node.disk.witness.appended = { [witness, plan, unowned node] appends in
            for append in appends {
                if !append.entries.isEmpty || append.snapshot != nil {
                    witness.nothingOutside(
                        append.group, isPermitted: plan.permits(append.group, region: region), "a log", on: name)
                }
                guard let log = try? inner.log(of: append.group) else { continue }
                var previous = append.entries.first.flatMap { first in
                    try? log.term(at: LogIndex(first.index.rawValue - 1))
                }
                for entry in append.entries {
                    if entry.kind != .normal { node.writtenChanges.append((append.group, entry.position)) }
                    if let previous { witness.logMatching(append.group, entry, after: previous, on: replica) }
                    previous = entry.term
                }
                witness.reached(append.group, log.lastIndex, append.hardState, by: replica)
            }
        }
        node.disk.witness.applied = { [witness] applies in
            for apply in applies {
                witness.applied(apply.group, apply.applied)
                if let membership = apply.membership {
                    let log = try? inner.log(of: apply.group)
                    witness.membership(apply.group, membership, at: apply.applied.index, in: log, on: replica)
                }
            }
        }
    }

    /// Puts a group on a node, as its controller would.
    func create(_ group: GroupID, _ membership: Membership, on node: SimulatedNode) {
        let specification = GroupSpecification(
            group: group, membership: membership, leaderPreference: preference(for: group))
        let answers = node.answers
        turn(
            node,
            [
                .createGroup(specification, machine(for: group, on: node)) { result in
                    answers.put(.made(group, try? result.get()))
                }
            ])
    }

    /// The process ends. `seen` when its peers see their connections reset.
    func crash(_ node: SimulatedNode, _ mode: CrashMode = .kept, isSeen: Bool, restartAfter wait: UInt64) {
        guard node.condition != .down else { return }
        noteCrash(node, mode)
        let process = SimulatedProcess(node)
        node.disk.die()
        node.condition = .down
        node.core = nil
        node.inbox = []
        _ = node.answers.drain()
        node.crashMode = mode
        node.held = nil
        for course in node.courses { course.source = nil }
        node.courses = []
        tell(.crash, node, "unsynced writes \(mode.rawValue)")
        for other in nodes where other.number != node.number && other.condition != .down {
            guard isSeen, !network.isCut(node.number, other.number) else { continue }
            queue.add(.lost(other.number, peer: process, died: true), at: now + plan.distance / 2 + 1_000_000)
        }
        queue.add(.restart(node.number), at: now + wait)
    }

    /// A node notices the end of a connection, unless it has taken another one of the same peer since.
    func lost(_ peer: SimulatedProcess, died: Bool, by node: SimulatedNode) {
        let replica = peer.hello.replica
        guard node.condition != .down,
            let place = node.judged.firstIndex(where: { $0.replica == replica && $0.process == peer.process })
        else { return }
        node.judged[place].isOver = true
        node.gate.disconnected(peer.identity)
        turn(node, [.peerDown(replica, died: died)])
    }

    private func noteCrash(_ node: SimulatedNode, _ mode: CrashMode) {
        if node.replicas.contains(where: { $0.seen.isLeader }) { events.note(.leaderCrash) }
        for replica in node.replicas where replica.seen.isLeader {
            if witness.groups[replica.group]?.membership.value.isJoint == true { events.note(.leaderCrashInJoint) }
        }
        switch mode {
        case .kept: events.note(.unsyncedKept)
        case .lost: events.note(.unsyncedLost)
        case .cut, .torn: events.note(.unsyncedTorn)
        }
    }

    /// What a crash leaves of the writes that were not synced.
    func drawCrashMode() -> CrashMode {
        guard plan.faults.contains(.powerLoss), random.draw(below: 2) == 0 else { return .kept }
        return random.draw(below: 2) == 0 ? .lost : .cut
    }

    func restart(_ node: SimulatedNode) {
        tell(.restart, node, "as \(node.replica.label)")
        boot(node, after: node.crashMode)
    }

    func resume(_ node: SimulatedNode) {
        guard node.condition == .paused else { return }
        node.condition = .running
        tell(.resume, node)
        if let held = node.held, let core = node.core {
            node.held = nil
            conclude(held, of: node, core)
        }
        turn(node, [])
    }

    // MARK: Turns

    /// Gives a node what came for it and looks at what follows.
    func turn(_ node: SimulatedNode, _ events: [ShardEvent]) {
        guard node.condition != .down, let core = node.core else { return }
        node.inbox += events
        guard node.condition == .running else { return }
        let inbox = node.inbox
        node.inbox = []
        node.hearsOne = inbox.count == 1
        let local = node.clock.local(now)
        if local >= core.nextTurn { steps += UInt64(node.replicas.count) }
        let effects = core.turn(inbox, now: local, lastSync: node.lastSync)
        let (early, late) = node.outbox.takeSent()
        node.lastSync = effects.syncs > 0 ? 0 : nil
        if !node.disk.isDead, let time = node.disk.takeStall() {
            if effects.syncs > 0 { node.lastSync = time / effects.syncs }
            // A leader's appends leave before its own write, so others may be done first.
            for batch in early { send(batch.frames, to: batch.to, from: node) }
            node.held = HeldTurn(sent: late, effects: effects)
            return wait(node, for: time)
        }
        conclude(HeldTurn(sent: early + late, effects: effects), of: node, core)
    }

    /// Lets out what a turn led to, now that its writes are done.
    private func conclude(_ turn: HeldTurn, of node: SimulatedNode, _ core: ShardCore<SimulatedOutbox>) {
        for batch in turn.sent { send(batch.frames, to: batch.to, from: node) }
        if node.disk.isDead {
            takeAnswers(of: node)
            return died(node)
        }
        for completion in turn.effects.completions { completion() }
        for dispatch in turn.effects.snapshots { begin(dispatch, from: node) }
        for notice in turn.effects.notices { note(notice, at: node) }
        observe(node, core)
        if !node.writtenChanges.isEmpty { observeChanges(node) }
        takeAnswers(of: node)
        guard node.condition == .running, node.core === core else { return }
        node.wakeAt = max(now + 1, node.clock.global(core.nextTurn))
        queue.add(.wake(node.number), at: node.wakeAt)
    }

    /// The machine died within the turn.
    private func died(_ node: SimulatedNode) {
        let last = node.disk.lastWrite
        if node.disk.isDamaged {
            self.events.note(.damageMet)
        } else {
            self.events.note(
                last.isSnapshot ? .crashInSnapshotInstall : last.hasEntries ? .crashInAppend : .crashInApply)
        }
        crash(
            node, drawCrashMode(), isSeen: random.draw(below: 4) > 0,
            restartAfter: UInt64(100 + random.draw(below: 3000)) * 1_000_000)
    }

    private func note(_ notice: ShardNotice, at node: SimulatedNode) {
        switch notice {
        case .leaderChanged(let group, let term, let leader):
            tell(.local, node, about: group, "\(leader.label) leads term \(term.rawValue)")
        case .halted(let group, let reason):
            // Its removal from this node ends a replica in order.
            guard node.place(of: group) != nil else { return }
            if node.featureLevel < plan.newestFeatureLevel { return replaceProgram(of: node) }
            witness.fail("I5", "group \(group.rawValue) halted on \(node.name): \(reason)")
        case .quarantined(let group, let reason):
            if node.shortened.contains(group) {
                tell(.local, node, about: group, "quarantined")
                return self.events.note(.quarantined)
            }
            witness.fail("I6", "group \(group.rawValue) on \(node.name) was quarantined, but lost nothing: \(reason)")
        case .snapshotInstalled(let group, let position):
            tell(.local, node, about: group, "snapshot at \(position.index.rawValue) installed")
            self.events.note(.snapshotInstalled)
            witness.installed(group, position, digest: (try? node.disk.digest(of: group)) ?? [], by: node.replica)
        case .steppedAside(let group, let replica, _):
            tell(.local, node, about: group, "steps aside for \(replica.label)")
            self.events.note(.steppedAside)
        case .leaderDied(let group, let leader):
            tell(.local, node, about: group, "the leader \(leader.label) died")
            self.events.note(.leaderDiedFastPath)
        }
    }

    /// Compares what the node shows now with what it showed after its last turn.
    private func observe(_ node: SimulatedNode, _ core: ShardCore<SimulatedOutbox>) {
        for place in node.replicas.indices {
            let gauge = node.replicas[place].gauge
            let old = node.replicas[place].seen
            let new = SimulatedReplica.Seen(
                term: gauge.term, commit: gauge.commit, applied: gauge.applied, freshAt: gauge.freshAt,
                isLeader: gauge.isLeader, isStopped: gauge.isStopped)
            guard new != old else { continue }
            node.replicas[place].seen = new
            trace.absorb(UInt64(node.number) << 56 ^ gauge.group.rawValue << 48 ^ new.applied.rawValue)
            trace.absorb(new.term.rawValue << 32 ^ new.commit.rawValue)
            if new.isStopped { continue }
            witness.monotony(gauge.group, on: node.replica, from: old, to: new)
            if new.isLeader { observeLeader(node, gauge.group, from: old, to: new) }
            if new.applied > old.applied, let digest = try? node.disk.digest(of: gauge.group) {
                if witness.equalDigests(gauge.group, at: new.applied, digest, on: node.replica) {
                    events.note(.digestsCompared)
                }
            }
            if new.freshAt != old.freshAt {
                witness.freshnessIsTrue(
                    gauge.group, freshAt: node.clock.global(new.freshAt), applied: new.applied, on: node.replica)
            }
        }
    }

    /// Looks at the changes of members that a leader wrote in this turn.
    private func observeChanges(_ node: SimulatedNode) {
        for (group, position) in node.writtenChanges {
            guard let seen = node.place(of: group).map({ node.replicas[$0].seen }), seen.isLeader,
                seen.term == position.term, let log = try? node.disk.inner.log(of: group)
            else { continue }
            witness.oneChangeAtATime(group, position, leader: node.replica, applied: seen.applied, log: log)
        }
        node.writtenChanges = []
    }

    private func observeLeader(
        _ node: SimulatedNode, _ group: GroupID, from old: SimulatedReplica.Seen, to new: SimulatedReplica.Seen
    ) {
        guard let log = try? node.disk.inner.log(of: group) else { return }
        witness.electionSafety(group, new.term, leader: node.replica)
        if !old.isLeader || old.term != new.term {
            tell(.local, node, about: group, "leads in term \(new.term.rawValue)")
            witness.electedByQuorums(
                group, new.term, leader: node.replica, appliedFrom: old.applied, to: new.applied)
            witness.leaderCompleteness(
                group, leader: node.replica, in: new.term, log: log, lastIndex: log.lastIndex)
        } else if new.commit > old.commit {
            witness.commitsOwnTerm(group, leader: node.replica, commit: new.commit, term: new.term, log: log)
            witness.committedByQuorums(
                group, new.commit, in: new.term, leader: node.replica, appliedFrom: old.applied, to: new.applied)
        }
    }
}
