import Cluster
import Raft
import Storage
import Wire

/// Several nodes in one thread and virtual time. Every frame, crash and cut is a scenario's own doing; what comes of
/// them is written down line by line.
final class Stage {
    static let tick: UInt64 = 10_000_000

    let settings: StageSettings
    var nodes: [StageNode] = []
    private(set) var now: UInt64 = 1_000_000_000
    private var startedAt: UInt64 = 1_000_000_000
    private(set) var lines: [String] = []
    /// One-way links that let nothing through.
    var severed: [(from: UInt64, to: UInt64)] = []
    /// One-way links that take their time, in nanoseconds. All others take none.
    var delays: [(from: UInt64, to: UInt64, time: UInt64)] = []
    /// What slow links carry, in the order in which it was sent.
    private var underWay: [(at: UInt64, from: StageNode, to: ReplicaID, frames: [PeerFrame])] = []
    /// Answers that are still due, in the order in which they were asked for.
    private var due: [(name: String, box: StageBox<String>)] = []
    /// Whether delivered frames are written down.
    var isTracing = false
    /// Snapshots wait in `held` until they are carried.
    var holdsSnapshots = false
    var held: [StageTransfer] = []

    init(_ settings: StageSettings) throws(ScenarioError) {
        self.settings = settings
        for number in 1...settings.count {
            nodes.append(try boot(number, incarnation: 1, store: InMemoryStore()))
        }
        let membership = Membership(voters: settings.voters.map { ReplicaID($0 << 16 | 1) })
        for node in nodes where settings.voters.contains(node.number) {
            for group in settings.groups { create(group, membership, on: node) }
        }
        if let leader = settings.leader { try install(leader: leader) }
    }

    // MARK: Nodes

    /// The first command of a program. A store without an identity is a new one.
    func boot(_ number: UInt64, incarnation: UInt64, store: InMemoryStore) throws(ScenarioError) -> StageNode {
        if store.identity == nil {
            let identity = StoreIdentity(
                cluster: [1], node: UInt16(number), incarnation: UInt16(incarnation),
                store: Array(repeating: UInt8(number * 16 + incarnation), count: 16))
            do { try store.initialize(identity) } catch { throw ScenarioError("\(error)") }
        }
        let replica = ReplicaID(number << 16 | incarnation)
        let outbox = StageOutbox()
        let failure = StageBox<String>()
        let core = ShardCore(
            configuration: settings.configuration(of: replica, session: now), store: store, outbox: outbox
        ) { failure.value = "\($0)" }
        return StageNode(
            number: number, incarnation: incarnation, store: store, outbox: outbox, core: core, failure: failure,
            clock: now)
    }

    func create(_ group: GroupID, _ membership: Membership, on node: StageNode) {
        let machine = settings.kind.make()
        let specification = GroupSpecification(
            group: group, membership: membership, leaderPreference: settings.preference.map { ReplicaID($0 << 16 | 1) })
        let made = StageBox<Result<GroupGauge, ClusterError>>()
        turn(node, [.createGroup(specification, machine.base) { made.value = $0 }])
        switch made.value {
        case .success(let gauge)?:
            node.machines.append((group, machine))
            node.gauges.append(gauge)
        case .failure(let error)?: line(of: node, "refuses: \(error)")
        case nil: line(of: node, "does not answer")
        }
    }

    /// Starts the node's program on the disk that it has.
    func load(_ node: StageNode) throws(ScenarioError) {
        do {
            node.gauges = try node.core.load { stored throws(ClusterError) in
                let machine = settings.kind.make()
                node.machines.append((stored.group, machine))
                return (machine.base, settings.preference.map { ReplicaID($0 << 16 | 1) })
            }
        } catch {
            throw ScenarioError("\(error)")
        }
    }

    /// Makes a node the leader of every group, whatever the seeds say: only its clock runs meanwhile.
    private func install(leader number: UInt64) throws(ScenarioError) {
        guard let node = nodes.first(where: { $0.number == number }) else { throw ScenarioError("no such node") }
        for _ in 0..<500 where !settings.groups.allSatisfy(node.leads) {
            now += Self.tick
            node.clock = now
            turn(node)
            settle()
        }
        for node in nodes { node.clock = now }
        begin()
    }

    // MARK: Time

    /// A new command: nothing is written down yet.
    func begin() {
        lines = []
        startedAt = now
    }

    /// Lets one tick pass.
    func step() {
        now += Self.tick
        for node in nodes where node.condition == .up {
            node.clock = now
            turn(node)
        }
        let arriving = underWay.filter { $0.at <= now }
        underWay.removeAll { $0.at <= now }
        for (_, from, to, frames) in arriving { deliver(frames, from: from, to: to) }
        settle()
    }

    /// Gives a node its turn with what happened to it.
    func turn(_ node: StageNode, _ events: [ShardEvent] = []) {
        guard node.condition == .up else { return }
        let effects = node.core.turn(events, now: node.clock, lastSync: node.lastSync)
        node.lastSync = effects.syncs > 0 ? node.syncTime : nil
        for completion in effects.completions { completion() }
        for notice in effects.notices {
            let (group, text) = StageText.notice(notice)
            line(of: node, settings.groups.count > 1 ? "group \(group.rawValue): \(text)" : text)
        }
        if let failure = node.failure.value {
            node.condition = .down
            line(of: node, "the process ends: \(failure)")
        }
        for dispatch in effects.snapshots {
            let transfer = StageTransfer(dispatch: dispatch, sender: node)
            if holdsSnapshots { held.append(transfer) } else { carry(transfer) }
        }
        writeAnswers()
    }

    /// Delivers everything that is under way, again and again until nothing is but what slow links carry.
    func settle() {
        for _ in 0..<1000 {
            let deliveries = nodes.flatMap { node in node.outbox.drain().map { (from: node, to: $0.to, $0.frames) } }
            if deliveries.isEmpty { return }
            for (from, to, frames) in deliveries {
                let link = delays.last { $0.from == from.number && $0.to == to.rawValue >> 16 }
                if let link, link.time > 0 {
                    underWay.append((now + link.time, from, to, frames))
                } else {
                    deliver(frames, from: from, to: to)
                }
            }
        }
        lines.append("the nodes talk without end")
    }

    private func deliver(_ frames: [PeerFrame], from: StageNode, to replica: ReplicaID) {
        let receiver = nodes.first { $0.replica == replica }
        let arrives = receiver.map { $0.condition != .down && !isSevered(from: from, to: $0) } ?? false
        if isTracing {
            for frame in frames {
                let ending = arrives ? "" : " (lost)"
                note("\(from.name)->\(StageText.name(replica)) \(StageText.frame(frame))\(ending)")
            }
        }
        guard let receiver, arrives else { return }
        if receiver.condition == .paused { receiver.inbox.append(frames) } else { turn(receiver, [.frames(frames)]) }
    }

    func isSevered(from: StageNode, to: StageNode) -> Bool {
        severed.contains { $0.from == from.number && $0.to == to.number }
    }

    // MARK: Writing down

    /// A line with the time that passed since the command began.
    func note(_ text: String) {
        let passed = (now - startedAt) / 1_000_000
        lines.append(passed == 0 ? text : "+\(passed) ms \(text)")
    }

    func line(of node: StageNode, _ text: String) { note("\(node.name): \(text)") }

    /// What an answer is written into. The answer is written down in the turn in which it is given.
    func expectAnswer(_ name: String) -> StageBox<String> {
        let box = StageBox<String>()
        due.append((name, box))
        return box
    }

    func isDue(_ name: String) -> Bool { due.contains { $0.name == name } }

    private func writeAnswers() {
        for (name, box) in due { if let text = box.value { note("\(name): \(text)") } }
        due.removeAll { $0.box.value != nil }
    }
}
