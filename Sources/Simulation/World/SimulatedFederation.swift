import Cluster
import KeyModel
import KeyReplication
import Peering
import Raft
import Storage
import Wire

/// A whole federation in one thread and in virtual time. Its plan decides everything: the same seed gives the same run,
/// step by step, in every process.
///
/// The nodes run the production `ShardCore` with `Raft`, `KeyReplication` and the formats of the log. The network, the
/// disks, the clocks and the people are simulated. After each step a `Witness` looks at what changed.
package final class SimulatedFederation {
    enum Happening {
        case wake(Int)
        case deliver(Packet)
        /// A node notices that its connection to a peer's process ended.
        case lost(Int, peer: SimulatedProcess, died: Bool)
        case snapshot(SnapshotCourse)
        case snapshotTimeout(SnapshotCourse, Int)
        case client(Int)
        case clientTimeout(Int, operation: UInt64)
        case clientRetry(Int, operation: UInt64)
        case manage
        case trouble
        case restart(Int)
        case resume(Int)
        case mend([(from: Int, to: Int)])
        case spaceAgain(Int)
        case quickAgain(Int)
        /// A disk forgets what came after it was looked at.
        case forget(Int)
        /// Who forgot must have been found out by now.
        case judgeForgetful(Int, process: UInt64)
        /// A newer program is installed.
        case install(Int)
        /// A drained process ends.
        case stop(Int, process: UInt64)
    }

    enum Phase { case standingUp, trouble, healing }

    package let plan: SimulationPlan
    let witness = Witness()
    var random: Randomness
    var now: UInt64 = 1_000_000_000
    var queue = EventQueue<Happening>()
    var nodes: [SimulatedNode] = []
    var network: SimulatedNetwork
    var clients: [SimulatedClient] = []
    var manager: SimulatedManager
    var phase = Phase.standingUp
    var healingSince: UInt64 = 0
    var troubleEnds: UInt64 = 0
    /// Until then no fault strikes and the network loses nothing.
    var quietUntil: UInt64 = 0
    var operations: [UInt64: Purpose] = [:]
    var lastOperation: UInt64 = 0
    var lastMessage: UInt64 = 0
    package internal(set) var events = RareEventCounts()
    /// What the cores handled: messages, heartbeats and ticks of single groups.
    package internal(set) var steps: UInt64 = 0
    package internal(set) var trace: Trace
    var log = CallLog()

    /// Who waits for an answer.
    enum Purpose {
        case client(Int)
        case manager(GroupID)
        case offer(SnapshotCourse)
        case chunk(SnapshotCourse)
        case intrusion
    }

    package init(plan: SimulationPlan, keeping: Trace.Keeping = .nothing) {
        self.plan = plan
        random = Randomness(seed: plan.draws)
        network = SimulatedNetwork(nodes: plan.nodes)
        manager = SimulatedManager(plan: plan)
        trace = Trace(nodes: plan.nodes, keeping: keeping)
        for number in 1...plan.nodes {
            let rate = plan.faults.contains(.clockRates) ? UInt64(800 + random.draw(below: 401)) : 1000
            let clock = SimulatedClock(rate: rate, offset: UInt64(random.draw(below: 1_000_000_000)))
            let node = SimulatedNode(
                number: number, region: plan.region(ofNode: number).name, clock: clock, storeID: newStoreID())
            if !plan.olderPrograms.contains(number) { node.featureLevel = plan.newestFeatureLevel }
            nodes.append(node)
        }
        for place in 0..<plan.clients { clients.append(SimulatedClient(number: place)) }
    }

    func node(_ number: Int) -> SimulatedNode { nodes[number - 1] }

    func newStoreID() -> [UInt8] {
        (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// Records what happens, at a node or to the whole federation.
    func tell(
        _ kind: TraceStep.Kind, _ node: SimulatedNode?, about group: GroupID? = nil, isRoutine: Bool = false,
        _ words: @autoclosure () -> String = ""
    ) {
        trace.record(
            kind, node: node.map { UInt16($0.number) }, group: group?.rawValue, isRoutine: isRoutine, words())
    }

    // MARK: The run

    /// Runs to the end: standing up, trouble, healing. Returns what did not hold, or nil.
    package func run() -> Violation? {
        begin()
        while let (at, happening) = queue.popFirst() {
            now = max(now, at)
            trace.begin(at: now)
            handle(happening)
            if let violation = witness.violation { return violation }
            if case .manage = happening, phase == .healing, isHealed { return finish() }
            if let late = lateness { return late }
        }
        return Violation("I23", "nothing is left to happen")
    }

    private func begin() {
        let seats = manager.directoryMembership(of: nodes)
        witness.begin(SimulationPlan.directory, membership: seats)
        for placement in plan.placements {
            witness.begin(placement.group, membership: Membership(voters: placement.holders.map { node($0).replica }))
        }
        for node in nodes {
            putDisk(into: node)
            boot(node, after: .kept)
            create(SimulationPlan.directory, seats, on: node)
        }
        for placement in plan.placements {
            let membership = Membership(voters: placement.holders.map { node($0).replica })
            for number in placement.holders { create(placement.group, membership, on: node(number)) }
        }
        for client in clients.indices { queue.add(.client(client), at: now + UInt64(client) * 1_000_000) }
        queue.add(.manage, at: now)
    }

    private func handle(_ happening: Happening) {
        switch happening {
        case .wake(let number):
            let node = node(number)
            guard node.condition == .running, node.wakeAt <= now else { return }
            turn(node, [])
        case .deliver(let packet): deliver(packet)
        case .lost(let number, let peer, let died): lost(peer, died: died, by: node(number))
        case .snapshot(let course): advance(course)
        case .snapshotTimeout(let course, let sent): timeOut(course, sent)
        case .client(let place): act(place)
        case .clientTimeout(let place, let operation): timeOut(place, operation)
        case .clientRetry(let place, let operation): retry(place, operation)
        case .manage:
            manage()
            queue.add(.manage, at: now + 100_000_000)
        case .trouble: makeTrouble()
        case .restart(let number): if node(number).condition == .down { restart(node(number)) }
        case .resume(let number): resume(node(number))
        case .mend(let ways): mend(ways)
        case .spaceAgain(let number):
            fill(node(number), to: .good)
        case .quickAgain(let number): slow(node(number), to: nil)
        case .forget(let number): forget(node(number))
        case .judgeForgetful(let number, let process): judge(node(number), process: process)
        case .install(let number): install(node(number))
        case .stop(let number, let process): stop(node(number), process: process)
        }
    }

    /// How long healing may take; nanoseconds of virtual time.
    static let patience: UInt64 = 180_000_000_000

    private var lateness: Violation? {
        switch phase {
        case .standingUp: now > 120_000_000_000 ? Violation("I23", "the federation did not stand up") : nil
        case .trouble: nil
        case .healing: now > healingSince + Self.patience ? Violation(unhealed.invariant, unhealed.text) : nil
        }
    }

    /// The last look, when everything has come to rest.
    private func finish() -> Violation? {
        for placement in plan.placements { checkRest(placement.group) }
        checkRest(SimulationPlan.directory)
        events.note(.repeatedWithSameOutcome, witness.repeats)
        for client in clients { if let pending = client.pending { log.gaveUp(pending, client.number) } }
        switch log.verdict() {
        case .linearizable: events.note(.historyOrdered)
        case .unknown: events.note(.historyUnknown)
        case .violated(let violation): witness.fail("linearizability", "\n\(violation.diagram)")
        }
        return witness.violation
    }

    private func checkRest(_ group: GroupID) {
        guard let known = witness.groups[group], let last = known.acknowledged.last?.index else { return }
        witness.require(
            known.lastApplied.index >= last, "I4",
            "group \(group.rawValue) acknowledged index \(last.rawValue), and nobody applied it")
    }
}
