import Raft
import Testing

@Suite("Messages of a faulty or hostile peer")
struct HostileMessageTests {
    private static func follower() -> RaftCore {
        var group = TestGroup(voters: 3)
        group.elect(1)
        return group[2].core
    }

    private static func leader() -> RaftCore {
        var group = TestGroup(voters: 3)
        group.elect(1)
        return group[1].core
    }

    @Test("Kinds that only the replica itself makes are refused", arguments: MessageKind.allCases.filter(\.isLocal))
    func localKinds(kind: MessageKind) {
        var core = Self.follower()
        for from in [ReplicaID(1), .appendThread, .applyThread] {
            let message = Message(kind: kind, to: ReplicaID(2), from: from, term: Term(1))
            #expect(throws: StepRejection.localMessage) { try core.step(message) }
        }
    }

    @Test("Answers of strangers are refused", arguments: MessageKind.allCases.filter { $0.isResponse && !$0.isLocal })
    func strangers(kind: MessageKind) {
        var core = Self.leader()
        let message = Message(kind: kind, to: ReplicaID(1), from: ReplicaID(9), term: Term(1))
        #expect(throws: StepRejection.unknownPeer) { try core.step(message) }
    }

    @Test("A follower that has lost acknowledged entries is told so instead of trapping")
    func lostEntries() {
        var core = Self.follower()
        let message = Message(
            kind: .heartbeat, to: ReplicaID(2), from: ReplicaID(1), term: core.term, commit: LogIndex(1000))
        #expect(throws: StepRejection.commitBeyondLog) { try core.step(message) }
    }

    @Test("An append that contradicts a committed entry changes nothing")
    func contradiction() throws {
        var core = Self.follower()
        let committed = core.commitIndex
        let term = core.term.next
        let message = Message(
            kind: .append, to: ReplicaID(2), from: ReplicaID(1), term: term, logTerm: term, index: committed,
            entries: [LogEntry(term: term, index: committed.next)])
        try core.step(message)
        #expect(core.lastIndex == committed)
        let answers = core.ready().messages
        #expect(answers.map(\.reject) == [true])
    }

    @Test("Disorderly appends, empty proposals and impossible numbers are refused")
    func malformed() {
        let term = Term(5)
        let huge = LogIndex(UInt64.max)
        let members = Membership(voters: [ReplicaID(2), ReplicaID(1)])
        let snapshot = SnapshotMetadata(position: LogPosition(term: term, index: LogIndex(50)), membership: members)
        let messages: [Message] = [
            Message(kind: .append, term: term, entries: [LogEntry(term: term, index: LogIndex(7))]),
            Message(kind: .append, term: term, entries: [LogEntry(term: Term(6), index: LogIndex(1))]),
            Message(kind: .append, term: .zero),
            Message(kind: .heartbeat, term: Term(UInt64.max)),
            Message(kind: .append, term: term, index: huge),
            Message(kind: .vote, term: .zero),
            Message(kind: .propose),
            Message(kind: .readIndex),
            Message(kind: .readIndexResponse, term: term),
            Message(kind: .snapshot, term: term),
            Message(kind: .snapshot, term: term, snapshot: Snapshot(metadata: snapshot)),
        ]
        for var message in messages {
            var core = Self.follower()
            (message.to, message.from) = (ReplicaID(2), ReplicaID(1))
            let before = core.status
            #expect(throws: StepRejection.malformed) { try core.step(message) }
            #expect(core.status == before)
        }
    }

    @Test("A proposed membership change that cannot be read is refused")
    func unreadableChange() {
        var core = Self.leader()
        let message = Message(
            kind: .propose, to: ReplicaID(1), from: ReplicaID(2),
            entries: [LogEntry(kind: .configurationChangeV2, payload: [1, 2, 3])])
        #expect(throws: StepRejection.proposal(.malformed)) { try core.step(message) }
    }

    @Test("No message traps, whatever it holds and whatever the replica is", arguments: 0..<20)
    func fuzz(seed: Int) {
        var fuzzer = MessageFuzzer(seed: UInt64(seed))
        var group = TestGroup(voters: 3) { $0.asyncStorageWrites = seed % 2 == 0 }
        if seed % 3 == 0 { group.elect(1) }
        var accepted = 0
        for _ in 0..<400 {
            let id = UInt64(fuzzer.draw(3)) + 1
            let message = fuzzer.message(to: group[id].core)
            do {
                try group[id].core.step(message)
                accepted += 1
            } catch {}
            if fuzzer.draw(4) == 0 { group[id].core.tick() }
            if fuzzer.draw(50) == 0 { group[id].core.campaign() }
            if fuzzer.draw(20) == 0 { try? group[id].core.propose([1]) }
            group.settle(rounds: 8)
        }
        #expect(accepted > 0)
        for node in group.nodes { #expect(node.core.commitIndex <= node.core.lastIndex) }
    }
}

/// Makes messages that are near enough to the truth to get far.
private struct MessageFuzzer {
    private var randomness: Randomness

    init(seed: UInt64) { randomness = Randomness(seed: seed) }

    mutating func draw(_ bound: Int) -> Int { randomness.draw(below: bound) }

    private mutating func number(near value: UInt64) -> UInt64 {
        switch draw(12) {
        case 0: 0
        case 1: .max
        case 2: 1 << 62
        case 3: randomness.next()
        case 4...7: value
        default: value &+ UInt64(draw(5)) &- 2
        }
    }

    mutating func message(to core: RaftCore) -> Message {
        let kinds = MessageKind.allCases
        var message = Message(kind: kinds[draw(kinds.count)], to: core.replica)
        let others = (1...4).map { ReplicaID(UInt64($0)) }.filter { $0 != core.replica }
        message.from = others[draw(others.count)]
        message.term = Term(number(near: core.term.rawValue))
        message.logTerm = Term(number(near: core.term.rawValue))
        message.index = LogIndex(number(near: core.lastIndex.rawValue))
        message.commit = LogIndex(number(near: core.commitIndex.rawValue))
        message.rejectHint = LogIndex(number(near: core.lastIndex.rawValue))
        message.reject = draw(2) == 0
        message.context = [[], [1], [0, 0, 0, 0, 0, 0, 0, 1], Array(repeating: 255, count: 8)][draw(4)]
        for place in 0..<draw(4) {
            let isOrderly = draw(4) > 0
            let index = message.index.rawValue &+ UInt64(place) &+ 1
            message.entries.append(
                LogEntry(
                    term: isOrderly ? message.logTerm : Term(number(near: core.term.rawValue)),
                    index: LogIndex(isOrderly ? index : number(near: index)),
                    kind: [.normal, .normal, .configurationChange, .configurationChangeV2][draw(4)],
                    payload: draw(2) == 0 ? [] : MembershipChange(changes: [change()]).encoded()))
        }
        if draw(3) == 0 { message.snapshot = snapshot(near: core) }
        return message
    }

    private mutating func change() -> MembershipChange.Change {
        let kinds: [MembershipChange.Change.Kind] = [.addVoter, .removeReplica, .updateReplica, .addLearner]
        return .init(kinds[draw(4)], ReplicaID(UInt64(draw(5))))
    }

    private mutating func snapshot(near core: RaftCore) -> Snapshot {
        let position = LogPosition(
            term: Term(number(near: core.term.rawValue)), index: LogIndex(number(near: core.lastIndex.rawValue)))
        var membership = core.membership
        if draw(3) == 0 { membership.votersOutgoing = [ReplicaID(UInt64(draw(5)))] }
        if draw(3) == 0 { membership.learners = [ReplicaID(UInt64(draw(5)))] }
        return Snapshot(metadata: SnapshotMetadata(position: position, membership: membership))
    }
}
