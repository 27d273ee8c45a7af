import Cluster
import Raft
import Storage
import Wire

/// Commands that tell nodes, processes and links what to do.
extension ShardCall {
    func tell() throws(ScenarioError) {
        let group = try group()
        switch directive.command {
        case "create":
            // `create NODE [voters=(…)]`: without voters it is a replica that waits for a snapshot.
            let voters = try directive.values(of: "voters").map { text throws(ScenarioError) in try replica(text) }
            stage.create(group, Membership(voters: voters), on: try firstNode())
        case "remove":
            let node = try firstNode()
            let box = StageBox<ClusterError?>()
            try post([.removeGroup(group) { box.value = .some($0) }], to: node)
            stage.line(of: node, (box.value ?? nil).map { "failed: \($0)" } ?? "removed")
        case "prefer":
            let order = try plain.map { text throws(ScenarioError) in try replica(text) }
            for node in stage.nodes where node.condition == .up {
                stage.turn(node, [.preferLeaders(group, order)])
            }
            stage.settle()
        case "transfer":
            let node = try firstNode()
            let target = try plain.dropFirst().first { $0 != "hold" }.map { text throws(ScenarioError) in
                try replica(text)
            }
            let box = stage.expectAnswer("transfer from \(node.name)")
            try post([.transferLeadership(group, to: target) { box.value = Self.text($0) }], to: node)
        case "drain": try post([.drain], to: try firstNode())
        case "space":
            // `space NODE good|low|full`
            let levels = SpaceLevel.allCases.filter { has("\($0)") }
            guard let level = levels.first else { throw ScenarioError("space is good, low or full") }
            try post([.space(level)], to: try firstNode())
        case "slow":
            // `slow NODE MS`: its program finds that each synced write takes that long.
            guard let time = plain.dropFirst().first.flatMap({ UInt64($0) }), time <= 60_000 else {
                throw ScenarioError("a time in milliseconds is needed, at most a minute")
            }
            try firstNode().syncTime = time * 1_000_000
        case "alarm":
            // `alarm NODE about=NODE`: the connection was reset although the peer lives.
            try post([.peerDown(try node(value(of: "about")).replica, died: true)], to: try firstNode())
        default: try changeMachine(of: try firstNode(), group)
        }
    }

    private func changeMachine(of node: StageNode, _ group: GroupID) throws(ScenarioError) {
        if directive.command == "tamper" {
            // `tamper NODE KEY=VALUE`: a row changes under the store, as a disk or a hand would do it.
            guard directive.arguments.count > 1, let value = directive.arguments[1].values.first,
                let stored = try? node.store.groups().first(where: { $0.group == group })
            else { throw ScenarioError("a row is KEY=VALUE in a group that is there") }
            var changes = TableChanges()
            changes.writes = [TableWrite(key: Array(directive.arguments[1].key.utf8), value: Array(value.utf8))]
            do {
                try node.store.apply([GroupApply(group: group, changes: changes, applied: stored.applied)])
            } catch {
                throw ScenarioError("\(error)")
            }
            return
        }
        guard case .notebook(let machine)? = node.machine(of: group) else { throw ScenarioError("no group of notes") }
        if directive.command == "damage" {
            machine.isDamaged = true
        } else {
            machine.banned = try plain.dropFirst().map { text throws(ScenarioError) in try replica(text) }
        }
    }

    // MARK: Processes

    func changeProcess() throws(ScenarioError) {
        let node = try firstNode()
        switch directive.command {
        case "crash": crash(node)
        case "restart": try replace(node, by: node.store, incarnation: node.incarnation)
        case "wipe":
            // `wipe NODE [incarnation=NUMBER]`: the program starts on an empty disk.
            let incarnation = try number(of: "incarnation", or: node.incarnation)
            guard (1...15).contains(incarnation) else { throw ScenarioError("an incarnation is 1 to 15") }
            try replace(node, by: InMemoryStore(), incarnation: incarnation)
        case "pause": node.condition = .paused
        case "resume":
            guard node.condition == .paused else { throw ScenarioError("\(node.name) is not paused") }
            node.condition = .up
            node.clock = stage.now
            let waiting = node.inbox
            node.inbox = []
            stage.turn(node, waiting.map { .frames($0) })
            stage.settle()
        default:
            // `close NODE NODE`: the connection between two programs ends in good order.
            let other = try self.node(plain.dropFirst().first)
            stage.turn(node, [.peerDown(other.replica, died: false)])
            stage.turn(other, [.peerDown(node.replica, died: false)])
            stage.settle()
        }
    }

    /// `crash NODE [power] [silent]`: the process dies, with the machine where `power` fails. Peers see their
    /// connections reset unless nothing tells them.
    private func crash(_ node: StageNode) {
        if has("power") { node.losePower() } else { node.die() }
        guard !has("silent"), !has("power") else { return }
        for other in stage.nodes where other.condition == .up && !stage.isSevered(from: node, to: other) {
            stage.turn(other, [.peerDown(node.replica, died: true)])
        }
        if !has("hold") { stage.settle() }
    }

    private func replace(_ node: StageNode, by store: InMemoryStore, incarnation: UInt64) throws(ScenarioError) {
        guard node.condition == .down, let place = stage.nodes.firstIndex(where: { $0 === node }) else {
            throw ScenarioError("\(node.name) runs")
        }
        let fresh = try stage.boot(node.number, incarnation: incarnation, store: store)
        stage.nodes[place] = fresh
        try stage.load(fresh)
        stage.turn(fresh)
        stage.settle()
    }

    // MARK: Links

    func changeNetwork() throws(ScenarioError) {
        switch directive.command {
        case "cut":
            // `cut FROM TO [one-way]`
            let from = try firstNode()
            let to = try node(plain.dropFirst().first)
            stage.severed.append((from.number, to.number))
            if !has("one-way") { stage.severed.append((to.number, from.number)) }
        case "isolate":
            let node = try firstNode()
            for other in stage.nodes where other !== node {
                stage.severed += [(node.number, other.number), (other.number, node.number)]
            }
        case "heal": stage.severed = []
        case "delay": try delay()
        default: try inject()
        }
    }

    /// `delay A B MS [one-way]`: what is sent from now on takes that long, and keeps its order unless the time is made
    /// shorter.
    private func delay() throws(ScenarioError) {
        let from = try firstNode()
        guard plain.count > 2, let time = UInt64(plain[2]), time <= 60_000 else {
            throw ScenarioError("two nodes and a time in milliseconds are needed, at most a minute")
        }
        let to = try node(plain[1])
        stage.delays.append((from.number, to.number, time * 1_000_000))
        if !has("one-way") { stage.delays.append((to.number, from.number, time * 1_000_000)) }
    }

    /// `inject FROM TO type=KIND term=TERM [commit=INDEX] [index=INDEX]`: a message that nobody sent. One of kind
    /// MsgSnap has a snapshot at that index without rows.
    private func inject() throws(ScenarioError) {
        let sender = try replica(plain.first ?? "")
        let receiver = try node(plain.dropFirst().first)
        guard let kind = MessageKind.allCases.first(where: { RaftText.name($0) == value(of: "type") }) else {
            throw ScenarioError("unknown message type")
        }
        var message = Message(kind: kind, to: receiver.replica, from: sender)
        message.term = Term(try number(of: "term", or: 0))
        message.commit = LogIndex(try number(of: "commit", or: 0))
        message.index = LogIndex(try number(of: "index", or: 0))
        if kind == .snapshot {
            let position = LogPosition(term: message.term, index: message.index)
            let members = Membership(voters: stage.nodes.map(\.replica))
            message.snapshot = Snapshot(metadata: SnapshotMetadata(position: position, membership: members))
        }
        try post([.frames([.message(group: try group(), message)])], to: receiver)
    }

    // MARK: Snapshots

    /// `snapshots hold|go`, and `carry [chunks=COUNT] [damaged] [unanswered] [give-up]` for the oldest one held.
    func moveSnapshots() throws(ScenarioError) {
        if directive.command == "snapshots" {
            stage.holdsSnapshots = has("hold")
            return
        }
        guard let transfer = stage.held.first else { throw ScenarioError("no snapshot is on its way") }
        if transfer.next == nil, !has("give-up") { note(transfer, stage.advance(transfer)) }
        var left = try number(of: "chunks", or: has("give-up") ? 0 : 1_000)
        while left > 0, let held = stage.held.first, held === transfer {
            left -= 1
            note(transfer, stage.advance(transfer, isDamaged: has("damaged"), isUnanswered: has("unanswered")))
        }
        if has("give-up"), stage.held.contains(where: { $0 === transfer }) {
            note(transfer, .failed("the sender gives up"))
        }
        stage.settle()
    }

    private func note(_ transfer: StageTransfer, _ passage: Stage.Passage) {
        let offer = transfer.dispatch.offer
        let position = StageText.position(offer.descriptor.metadata.position)
        let what = "snapshot \(position) for \(StageText.name(offer.to))"
        switch passage {
        case .underWay: stage.note("\(what): chunk \(transfer.next ?? 0) of \(transfer.chunks) is wanted next")
        case .done:
            stage.note("\(what): arrived")
            stage.finish(transfer, passage)
        case .failed(let reason):
            stage.note("\(what): \(reason)")
            stage.finish(transfer, passage)
        }
    }
}
