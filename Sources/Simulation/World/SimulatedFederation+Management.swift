import Cluster
import KeyModel
import KeyReplication
import Raft
import Storage

extension SimulatedFederation {
    /// Ten times a second: one request per group, if it wants one.
    func manage() {
        if phase == .standingUp { stand() }
        if phase == .healing { mendNodes() }
        rejoin()
        for node in nodes where node.mustBeWiped && isFoundOut(node) && mayLoseDisk(node) { wipe(node) }
        for place in manager.work.indices {
            let work = manager.work[place]
            if work.operation != 0, now < work.operationEnds, !isImpatient { continue }
            manager.work[place].operation = 0
            manager.work[place].isSetupStep = false
            manager.work[place].isProbe = false
            if let first = work.setup.first {
                manager.work[place].isSetupStep = true
                propose(first, to: place)
            } else {
                reconcile(place)
            }
        }
        if let wiped = manager.wiped, node(wiped.number).incarnation > wiped.incarnation, isBack(wiped.number) {
            events.note(.wipedRejoined)
            tell(.management, node(wiped.number), "is back everywhere")
            manager.wiped = nil
        }
    }

    /// Where replicas move, a second operator now and then does not wait for what the first one asked for.
    private var isImpatient: Bool {
        phase == .trouble && plan.faults.contains(.moves) && random.draw(below: 4) == 0
    }

    /// The directory knows its nodes first; then the trouble may begin.
    private func stand() {
        let place = manager.place(of: SimulationPlan.directory)
        if nodes.allSatisfy({ $0.directory.state.cluster == nil }) {
            if manager.work[place].setup.isEmpty {
                manager.work[place].setup = [SimulatedManager.bootstrap(nodes, plan)]
            }
            return
        }
        guard manager.isSetUp, nodes.allSatisfy({ $0.directory.state.cluster != nil }) else { return }
        phase = .trouble
        troubleEnds = now + plan.trouble
        tell(.management, nil, "the federation stands")
        queue.add(.trouble, at: now + 100_000_000)
    }

    // MARK: Requests

    private func leader(of group: GroupID) -> SimulatedNode? {
        let leading = nodes.filter { $0.condition == .running && $0.gauge(of: group)?.isLeader == true }
        return leading.max { a, b in
            (a.gauge(of: group)?.term ?? .zero) < (b.gauge(of: group)?.term ?? .zero)
        }
    }

    private func begin(_ place: Int, _ purpose: Purpose) -> UInt64 {
        let operation = newOperation()
        operations[operation] = purpose
        manager.work[place].operation = operation
        manager.work[place].operationEnds = now + 3_000_000_000
        return operation
    }

    func propose(_ payload: [UInt8], to place: Int, isProbe: Bool = false) {
        let group = manager.work[place].group
        let host = { (node: SimulatedNode) in node.condition == .running && node.place(of: group) != nil }
        guard let node = leader(of: group) ?? nodes.first(where: host) else { return }
        manager.work[place].isProbe = isProbe
        let operation = begin(place, .manager(group))
        tell(.management, node, about: group, isProbe ? "the last write" : "a command")
        let answers = node.answers
        turn(
            node,
            [
                .propose(group, payload, deadline: node.clock.local(now) + 2_000_000_000) {
                    answers.put(.proposal(operation, $0))
                }
            ])
    }

    private func change(_ changes: [MembershipChange.Change], at node: SimulatedNode, _ place: Int) {
        let group = manager.work[place].group
        let operation = begin(place, .manager(group))
        let answers = node.answers
        tell(.management, node, about: group, changes.map { "\($0.kind) \($0.replica.label)" }.joined(separator: ", "))
        turn(
            node,
            [
                .changeMembership(
                    group, MembershipChange(changes: changes), deadline: node.clock.local(now) + 2_000_000_000
                ) { answers.put(.proposal(operation, $0)) }
            ])
        if changes.count > 1 { events.note(.jointEntered) }
    }

    // MARK: Members

    /// One step from the members that a group has to those that it should have.
    private func reconcile(_ place: Int) {
        let work = manager.work[place]
        guard phase != .standingUp, let leader = leader(of: work.group), let core = leader.core,
            let status = core.status(of: work.group)
        else { return }
        for match in status.matches { witness.matchWasDurable(work.group, leader: leader.replica, match) }
        // Replica ids change when a disk is lost: the leader is told who should lead now.
        leader.inbox.append(.preferLeaders(work.group, preference(for: work.group)))
        let members = status.membership
        guard !members.isJoint else { return }
        let wanted = work.desired.map { node($0) }.filter { !$0.isTurnedAway }.map(\.replica)
        host(members.replicas.filter(wanted.contains), place)
        let obsolete = members.replicas.filter { !wanted.contains($0) }
        let seats = wanted.filter { isVoterSeat($0, work.group) && !members.voters.contains($0) }
        let ready = seats.filter {
            members.learners.contains($0) && isCaughtUp($0, status) && isHosted($0, work.group)
        }
        if !ready.isEmpty, ready.count == seats.count || waitsNoLonger {
            let old = obsolete.filter(members.voters.contains).prefix(ready.count)
            guard !old.isEmpty || members.voters.count.isMultiple(of: 2) else { return }
            let changes =
                ready.prefix(max(1, old.count)).map { MembershipChange.Change(.addVoter, $0) }
                + old.map { MembershipChange.Change(.removeReplica, $0) }
            return change(changes, at: leader, place)
        }
        if let newcomer = wanted.first(where: { !members.replicas.contains($0) }) {
            return bring(newcomer, into: place, at: leader)
        }
        if let learner = obsolete.first(where: { members.learners.contains($0) }) {
            return change([MembershipChange.Change(.removeReplica, learner)], at: leader, place)
        }
        tidy(place, members, at: leader)
    }

    /// Who moves two replicas waits a while for the second one, and changes both at once.
    private var waitsNoLonger: Bool { phase == .healing || random.draw(below: 8) == 0 }

    private func isVoterSeat(_ replica: ReplicaID, _ group: GroupID) -> Bool {
        group != SimulationPlan.directory
            || SimulatedManager.isDirectoryVoter(SimulatedNode.number(of: replica), of: plan.nodes)
    }

    private func isCaughtUp(_ replica: ReplicaID, _ status: GroupStatus) -> Bool {
        status.matches.contains {
            $0.replica == replica && $0.isActive && $0.match.rawValue + 64 >= status.commit.rawValue
        }
    }

    /// A member whose replica could not be made yet, because its machine died at that moment, gets it now.
    private func host(_ members: [ReplicaID], _ place: Int) {
        let group = manager.work[place].group
        for member in members {
            let node = node(SimulatedNode.number(of: member))
            // A machine with an empty disk must not act under its old id: it knows no directory that would tell it to.
            guard node.condition == .running, node.replica == member, node.place(of: group) == nil,
                manager.wiped.map({ $0.number != node.number || $0.incarnation < node.incarnation }) ?? true
            else { continue }
            create(group, Membership(), on: node)
        }
    }

    private func isHosted(_ replica: ReplicaID, _ group: GroupID) -> Bool {
        let node = node(SimulatedNode.number(of: replica))
        return node.condition == .running && node.replica == replica && node.place(of: group) != nil
    }

    /// The steps by which a node comes into a group: admitted as a holder, given an empty replica, then a learner.
    private func bring(_ newcomer: ReplicaID, into place: Int, at leader: SimulatedNode) {
        let group = manager.work[place].group
        let node = node(SimulatedNode.number(of: newcomer))
        // Whose disk is to be replaced comes in afterwards: as the only voter it could not do without it any more.
        guard node.condition == .running, node.replica == newcomer, !node.mustBeWiped else { return }
        if group != SimulationPlan.directory {
            guard let view = leader.view(of: group) else { return }
            guard view.holder(newcomer.rawValue) != nil else {
                let holder = SimulatedManager.holder(node.number, node.incarnation, plan)
                let command = KeyCommand(.admitHolder(holder), header: SimulatedManager.header())
                return propose(KeyCommandCodec.encode(command), to: place)
            }
        }
        if node.place(of: group) == nil {
            if !manager.work[place].hosted.contains(node.number) { manager.work[place].hosted.append(node.number) }
            create(group, Membership(), on: node)
        }
        change([MembershipChange.Change(.addLearner, newcomer)], at: leader, place)
    }

    /// What is left of replicas that are no members any more; then the last write.
    private func tidy(_ place: Int, _ members: Membership, at leader: SimulatedNode) {
        let work = manager.work[place]
        if let view = leader.view(of: work.group),
            let gone = view.holders.first(where: { !members.replicas.contains(ReplicaID($0.replica)) })
        {
            let command = KeyCommand(.removeHolder(replica: gone.replica), header: SimulatedManager.header())
            return propose(KeyCommandCodec.encode(command), to: place)
        }
        for node in nodes where node.condition == .running && node.place(of: work.group) != nil {
            guard !members.replicas.contains(node.replica) else { continue }
            node.replicas.removeAll { $0.group == work.group }
            turn(node, [.removeGroup(work.group) { _ in }])
        }
        if phase == .healing, !work.isProbed { propose(probe(work.group), to: place, isProbe: true) }
    }

    private func probe(_ group: GroupID) -> [UInt8] {
        if group == SimulationPlan.directory {
            let region = Region(name: "probe", cloud: "aws", jurisdictions: ["EU"])
            return DirectoryCommandCodec.encode(
                DirectoryCommand(.putRegion(region), header: SimulatedManager.header()))
        }
        return KeyCommandCodec.encode(KeyCommand(.raiseFeatureLevel(1), header: SimulatedManager.header()))
    }

    // MARK: Lost disks

    /// Whether a node may lose its disk now without anything being lost for good: every group that it votes in has two
    /// other voters, nobody changes members, and no other disk is missing.
    func mayLoseDisk(_ node: SimulatedNode) -> Bool {
        guard manager.wiped == nil, !node.isTurnedAway, phase != .standingUp else { return false }
        guard nodes.allSatisfy({ !$0.mustBeWiped || $0 === node }) else { return false }
        return manager.work.allSatisfy { work in
            guard let known = witness.groups[work.group] else { return false }
            let members = known.membership.value
            // A member that has not applied the last change would still count by the one before, also if that change
            // took this node out.
            let areUpToDate = members.voters.allSatisfy { voter in
                if voter == node.replica { return true }
                let voter = self.node(SimulatedNode.number(of: voter))
                return voter.gauge(of: work.group).map { $0.applied >= known.membership.index } ?? false
            }
            guard areUpToDate else { return false }
            guard members.contains(node.replica) else { return true }
            return !members.isJoint
                && members.learners.allSatisfy {
                    isDirectoryLearner($0, work.group) || node.mustBeWiped && $0 == node.replica
                }
                && (members.voters.count >= 3 || !members.voters.contains(node.replica))
        }
    }

    private func isDirectoryLearner(_ replica: ReplicaID, _ group: GroupID) -> Bool {
        group == SimulationPlan.directory && !isVoterSeat(replica, group)
    }

    /// The machine comes back with an empty disk, under its old id at first.
    func wipe(_ node: SimulatedNode) {
        tell(.fault, node, "DISK LOST")
        crash(node, .lost, isSeen: true, restartAfter: 400_000_000)
        // One that refused its disk is down already, and nobody has started it again.
        queue.add(.restart(node.number), at: now + 400_000_000)
        node.storeID = newStoreID()
        node.mustBeWiped = false
        node.forgotten = []
        node.shortened = []
        putDisk(into: node)
        manager.wiped = (node.number, node.incarnation)
        for place in manager.work.indices { manager.work[place].hosted.removeAll { $0 == node.number } }
    }

    /// Gives a node that was turned away its next incarnation, through the directory.
    func rejoin() {
        guard let number = manager.wiped?.number else { return }
        let node = node(number)
        guard node.isTurnedAway, node.condition == .running else { return }
        let seat = leader(of: SimulationPlan.directory)?.directory.state.node(UInt16(number))
        guard let seat else { return }
        if seat.incarnation > node.incarnation {
            node.incarnation = seat.incarnation
            node.storeID = seat.storeID
            node.isTurnedAway = false
            tell(.management, node, "takes its seat as \(node.replica.label)")
            crash(node, isSeen: true, restartAfter: 50_000_000)
            putDisk(into: node)
            return
        }
        let place = manager.place(of: SimulationPlan.directory)
        guard manager.work[place].operation == 0 else { return }
        var entry = SimulatedManager.directoryNode(node)
        entry.incarnation = node.incarnation + 1
        entry.storeID = newStoreID()
        propose(
            DirectoryCommandCodec.encode(DirectoryCommand(.renewNode(entry), header: SimulatedManager.header())),
            to: place)
    }

    private func isBack(_ number: Int) -> Bool { missing(number) == nil }

    /// What a node that lost its disk has not got back, or nil.
    func missing(_ number: Int) -> String? {
        let node = node(number)
        if node.isTurnedAway || node.condition != .running { return "\(node.name) does not take part" }
        for work in manager.work {
            guard let members = witness.groups[work.group]?.membership.value else { continue }
            let isStale = members.replicas.contains {
                SimulatedNode.number(of: $0) == number && $0 != node.replica
            }
            let isSeated =
                isVoterSeat(node.replica, work.group)
                ? members.voters.contains(node.replica) : members.learners.contains(node.replica)
            if isStale || members.isJoint || work.desired.contains(number) && !isSeated {
                return "group \(work.group.rawValue) has \(Witness.text(members)), "
                    + "\(node.replica.label) should be in it"
            }
        }
        return nil
    }
}
