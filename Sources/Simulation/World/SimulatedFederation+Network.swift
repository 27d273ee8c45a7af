import Cluster
import Peering
import Raft
import Storage
import Wire

/// Frames of one turn on their way.
struct Packet {
    enum Content {
        case frames([PeerFrame])
        /// As they stand on the wire.
        case bytes([[UInt8]])
    }

    var from: SimulatedProcess
    var to: ReplicaID
    var content: Content
    /// For the trace: counted through the federation.
    var number: UInt64
    /// Whether it has only what goes to and fro all the time.
    var isRoutine: Bool
}

/// A snapshot on its way, chunk by chunk. Any end of either process ends it.
final class SnapshotCourse {
    let offer: SnapshotOffer
    let receiver: ReplicaID
    /// The image; nil once the sender's process has ended.
    var source: (any SnapshotSource)?
    let from: SimulatedProcess
    var to: SimulatedProcess?
    var next: UInt64?
    /// Counts the pieces that were sent.
    var sent = 0
    var isOver = false

    init(_ dispatch: SnapshotDispatch, from: SimulatedProcess) {
        offer = dispatch.offer
        receiver = dispatch.to
        source = dispatch.source
        self.from = from
    }
}

extension SimulatedFederation {
    // MARK: Sending

    func send(_ frames: [PeerFrame], to replica: ReplicaID, from node: SimulatedNode) {
        let number = SimulatedNode.number(of: replica)
        guard (1...plan.nodes).contains(number) else { return }
        let peer = self.node(number)
        // Only over a connection, and whoever connects has judged the other first.
        guard peer.condition != .down, peer.replica == replica, accepts(node, present(peer)) else { return }
        let permitted = node.gate.outgoing(frames, to: replica)
        if permitted.count < frames.count { events.note(.outsiderWithheld) }
        guard !permitted.isEmpty else { return }
        for frame in permitted {
            guard case .message(let group, _) = frame else { continue }
            witness.nothingOutside(
                group, isPermitted: plan.permits(group, region: self.node(number).region), "a message was sent to",
                on: "n\(number)")
        }
        let arrivals = network.arrivals(
            node.number, number, now: now, distance: plan.distance,
            faults: phase == .trouble && now >= quietUntil ? plan.faults : [],
            random: &random)
        lastMessage += 1
        let packet = Packet(
            from: present(node), to: replica, content: content(permitted), number: lastMessage,
            isRoutine: Self.areRoutine(permitted))
        absorb(permitted)
        tell(
            .send(message: packet.number, to: UInt16(number)), node, isRoutine: packet.isRoutine, Self.text(permitted))
        if arrivals.isEmpty {
            events.note(.droppedByLoss)
            tell(.drop(message: packet.number, from: UInt16(node.number)), peer, isRoutine: packet.isRoutine, "lost")
        }
        if arrivals.count > 1 { events.note(.duplicated) }
        for time in arrivals { queue.add(.deliver(packet), at: time) }
    }

    private func content(_ frames: [PeerFrame]) -> Packet.Content {
        guard plan.encodesFrames else { return .frames(frames) }
        do {
            return .bytes(try frames.map { frame in try frame.wireBytes() })
        } catch {
            witness.fail("I5", "a frame cannot be written: \(error)")
            return .frames([])
        }
    }

    /// What a node says must be true of its disk.
    func inspect(_ frames: [PeerFrame], to replica: ReplicaID, from node: SimulatedNode) {
        for frame in frames {
            guard case .message(let group, let message) = frame else { continue }
            switch message.kind {
            case .vote:
                let candidacy = GroupKnowledge.Candidacy(term: message.term, candidate: message.from)
                witness.groups[group]?.claims[candidacy] = LogPosition(term: message.logTerm, index: message.index)
            case .voteResponse, .appendResponse:
                if node.gauge(of: group)?.isStopped == true {
                    witness.fail("I11", "group \(group.rawValue) is stopped on \(node.name), which still answers")
                }
                guard !message.reject, let log = try? node.disk.inner.log(of: group) else { continue }
                witness.durableBeforeSaid(
                    group, message, hardState: log.initialState().hardState, lastIndex: log.lastIndex)
                guard message.kind == .voteResponse else { continue }
                witness.voted(group, for: message.to, in: message.term, by: message.from)
                if node.hearsOne, let term = try? log.term(at: log.lastIndex) {
                    witness.voteIsDue(group, message, last: LogPosition(term: term, index: log.lastIndex))
                }
            default: break
            }
        }
    }

    func present(_ node: SimulatedNode) -> SimulatedProcess {
        if let known = node.present, known.process == node.process { return known }
        let new = SimulatedProcess(node)
        node.present = new
        return new
    }

    // MARK: Arriving

    func deliver(_ packet: Packet) {
        let node = node(SimulatedNode.number(of: packet.to))
        let sender = self.node(packet.from.number)
        guard node.condition != .down, node.replica == packet.to, !network.isCut(packet.from.number, node.number),
            accepts(node, packet.from), sender.process != packet.from.process || accepts(sender, present(node))
        else {
            return tell(
                .drop(message: packet.number, from: UInt16(sender.number)), node, isRoutine: packet.isRoutine,
                "not received")
        }
        witness.oneIncarnation(packet.from.hello.replica, store: packet.from.hello.store)
        events.note(.delivered)
        var frames: [PeerFrame] = []
        switch packet.content {
        case .frames(let whole): frames = whole
        case .bytes(let coded):
            do {
                frames = try coded.map { bytes in try PeerFrame(wireBytes: bytes) }
            } catch {
                return witness.fail("I5", "a frame cannot be read: \(error)")
            }
        }
        let permitted = node.gate.incoming(frames, from: packet.from.identity)
        if permitted.count < frames.count { events.note(.outsiderWithheld) }
        guard !permitted.isEmpty else { return }
        for frame in permitted {
            switch frame {
            case .message(let group, let message):
                steps += 1
                if message.kind == .appendResponse, !message.reject { witness.groups[group]?.hear(message) }
            case .beats(let beats, _, _): steps += UInt64(beats.count)
            }
        }
        tell(
            .receive(message: packet.number, from: UInt16(sender.number)), node, isRoutine: packet.isRoutine,
            Self.text(permitted))
        turn(node, [.frames(permitted)])
    }

    // MARK: Telling

    /// Heartbeats, and the questions by which replicas stay fresh.
    private static func areRoutine(_ frames: [PeerFrame]) -> Bool {
        frames.allSatisfy { frame in
            switch frame {
            case .beats: true
            case .message(_, let message): message.kind == .readIndex || message.kind == .readIndexResponse
            }
        }
    }

    /// Takes into the trace what two runs of one seed must have sent alike.
    private func absorb(_ frames: [PeerFrame]) {
        for frame in frames {
            switch frame {
            case .message(let group, let message):
                trace.absorb(group.rawValue << 16 | UInt64(message.kind.rawValue) << 1 | (message.reject ? 1 : 0))
                trace.absorb(message.term.rawValue)
                trace.absorb(message.index.rawValue)
                trace.absorb(message.commit.rawValue << 16 ^ UInt64(message.entries.count))
            case .beats(let beats, _, _):
                trace.absorb(UInt64(beats.count))
                for beat in beats { trace.absorb(beat.commit.rawValue << 1 | (beat.isResponse ? 1 : 0)) }
            }
        }
    }

    private static func text(_ frames: [PeerFrame]) -> String {
        frames.map { frame in
            switch frame {
            case .message(let group, let message):
                "g\(group.rawValue) \(message.kind) t\(message.term.rawValue) i\(message.index.rawValue)"
                    + (message.reject ? " no" : "") + (message.entries.isEmpty ? "" : " +\(message.entries.count)")
            case .beats(let beats, _, _): "\(beats.count) beats"
            }
        }.joined(separator: ", ")
    }

    // MARK: Judging

    /// Whether the node lets the other process take part: its ledger judges each process once.
    func accepts(_ node: SimulatedNode, _ peer: SimulatedProcess) -> Bool {
        let replica = peer.hello.replica
        if let known = node.judged.first(where: { $0.replica == replica && $0.process == peer.process }) {
            return known.isAccepted
        }
        // What an ended process still has under way belongs to a connection that is gone.
        if node.judged.contains(where: { $0.replica == replica && $0.process > peer.process }) { return false }
        let (refusal, isNew) = node.ledger.judge(peer.hello)
        if let refusal {
            if self.node(peer.number).process == peer.process, refusal.hasPrefix(PeerLedger.replaced) {
                if !self.node(peer.number).isTurnedAway { events.note(.wipedTurnedAway) }
                self.node(peer.number).isTurnedAway = true
                node.judged.append((replica, peer.process, false, true))
            }
            // A peer whose place in the directory is not known here yet is judged again.
            return false
        }
        // Whoever takes a new connection ends the old one first, also when its end was not noticed yet.
        if node.judged.contains(where: { $0.replica == replica && !$0.isOver }) {
            node.inbox.append(.peerDown(replica, died: true))
        }
        node.judged.removeAll { $0.replica == replica }
        node.judged.append((replica, peer.process, true, false))
        node.gate.connected(peer.identity)
        if isNew { node.inbox.append(.fact(key: PeerLedger.key(replica), value: peer.hello.store)) }
        node.inbox.append(.peerUp(replica))
        return true
    }

    // MARK: Snapshots

    func begin(_ dispatch: SnapshotDispatch, from node: SimulatedNode) {
        let course = SnapshotCourse(dispatch, from: present(node))
        node.courses.removeAll(where: \.isOver)
        node.courses.append(course)
        let number = SimulatedNode.number(of: dispatch.to)
        if !node.gate.maySend(dispatch.offer.group, to: dispatch.to) || !(1...plan.nodes).contains(number) {
            return fail(course)
        }
        queue.add(.snapshot(course), at: now + plan.distance)
    }

    /// The next piece arrives, unless something on the way has changed.
    func advance(_ course: SnapshotCourse) {
        guard !course.isOver else { return }
        let number = SimulatedNode.number(of: course.receiver)
        let receiver = node(number)
        guard node(course.from.number).process == course.from.process, receiver.condition == .running,
            receiver.replica == course.receiver, !network.isCut(course.from.number, number),
            !network.isCut(number, course.from.number), accepts(receiver, course.from),
            course.to.map({ $0.process == receiver.process }) ?? true,
            receiver.gate.mayReceive(course.offer.group, from: course.from.identity)
        else { return fail(course) }
        course.to = present(receiver)
        course.sent += 1
        queue.add(.snapshotTimeout(course, course.sent), at: now + 10_000_000_000)
        tell(
            .local, receiver, about: course.offer.group,
            "snapshot from n\(course.from.number): " + (course.next.map { "chunk \($0)" } ?? "offered"))
        let answers = receiver.answers
        let operation = newOperation()
        guard let next = course.next else {
            operations[operation] = .offer(course)
            return turn(receiver, [.snapshotOffer(course.offer) { answers.put(.offered(operation, $0)) }])
        }
        guard let chunk = try? course.source?.chunk(next) else { return fail(course) }
        operations[operation] = chunk.isLast ? .chunk(course) : .offer(course)
        if chunk.isLast, phase == .trouble, plan.faults.contains(.writeCrashes), random.draw(below: 4) == 0 {
            // The next write installs it.
            receiver.disk.keepsLastWrite = random.draw(below: 2) == 0
            receiver.disk.writesLeft = 0
        }
        turn(
            receiver,
            [.snapshotChunk(course.offer, chunk) { answers.put(.offered(operation, $0)) }])
    }

    /// What the receiver said to an offer or a chunk.
    func took(_ result: Result<UInt64, ClusterError>, _ course: SnapshotCourse, wasLast: Bool) {
        guard !course.isOver else { return }
        guard case .success(let next) = result else { return fail(course) }
        if wasLast { return end(course, succeeded: true) }
        course.next = next
        queue.add(.snapshot(course), at: now + plan.distance)
    }

    /// No answer came to a piece: the receiver died of it, or was paused.
    func timeOut(_ course: SnapshotCourse, _ sent: Int) {
        if !course.isOver, course.sent == sent { fail(course) }
    }

    private func fail(_ course: SnapshotCourse) {
        events.note(.snapshotBroken)
        end(course, succeeded: false)
    }

    private func end(_ course: SnapshotCourse, succeeded: Bool) {
        course.isOver = true
        course.source = nil
        let sender = node(course.from.number)
        guard sender.process == course.from.process, sender.condition != .down else { return }
        sender.inbox.append(
            .snapshotSent(course.offer.group, to: course.receiver, succeeded: succeeded))
        queue.add(.wake(sender.number), at: max(now + plan.distance, sender.wakeAt))
    }

    func newOperation() -> UInt64 {
        lastOperation += 1
        return lastOperation
    }
}
