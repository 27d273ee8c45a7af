import Raft

/// A group in bad weather: messages are lost, doubled and reordered, replicas crash and restart, partitions come and
/// go, members change, logs are compacted. A seed gives the same run every time. Broken promises are collected in
/// `violations`.
struct StormyGroup {
    private struct Node {
        var core: RaftCore<MemoryLog>
        let log: MemoryLog
        var isUp = true
        /// Work of the storage threads that a crash loses.
        var appendWork: [Message] = []
        var applyWork: [Message] = []
        var applied: LogIndex
        var highest = HardState()
    }

    private struct Read {
        var replica: ReplicaID
        var floor: LogIndex
    }

    private let ids: [ReplicaID]
    private var nodes: [Node] = []
    private var network: [Message] = []
    private var cut: [ReplicaID] = []
    private var randomness: Randomness
    private let isAsync: Bool
    private let changesMembers: Bool

    // What the whole group has promised.
    private var leaderOfTerm: [Term: ReplicaID] = [:]
    private var history: [LogIndex: LogEntry] = [:]
    private var entryAt: [LogPosition: LogEntry] = [:]
    private var termBefore: [LogPosition: Term] = [:]
    private var newest = LogIndex(1)
    private var reads: [Read] = []
    private var nextValue: UInt64 = 0
    private(set) var answeredReads = 0
    private(set) var violations: [String] = []

    /// Three voters of five replicas.
    init(seed: UInt64, changesMembers: Bool = true) {
        self.changesMembers = changesMembers
        randomness = Randomness(seed: seed)
        isAsync = seed % 2 == 1
        ids = (1...5).map { ReplicaID($0) }
        let start = SnapshotMetadata(
            position: LogPosition(term: Term(1), index: LogIndex(1)), membership: Membership(voters: Array(ids[..<3])))
        for (place, id) in ids.enumerated() {
            let log = MemoryLog(snapshot: place < 3 ? Snapshot(metadata: start) : Snapshot())
            let applied = LogIndex(place < 3 ? 1 : 0)
            nodes.append(Node(core: makeCore(id, log, applied: applied), log: log, applied: applied))
        }
    }

    private mutating func makeCore(_ id: ReplicaID, _ log: MemoryLog, applied: LogIndex) -> RaftCore<MemoryLog> {
        RaftCore(
            configuration: RaftConfiguration(
                replica: id, electionTicks: 6, maxSizePerMessage: 64, maxCommittedSizePerReady: 128,
                maxInflightMessages: 4, maxInflightBytes: 256, applied: applied, asyncStorageWrites: isAsync,
                seed: randomness.next()),
            log: log)
    }

    private mutating func chance(_ one: Int, in all: Int) -> Bool { randomness.draw(below: all) < one }

    var commitIndex: LogIndex { newest }

    /// Where each replica stands, for a failed expectation.
    var summary: String {
        nodes.map { node in
            let core = node.core
            func list(_ replicas: [ReplicaID]) -> [UInt64] { replicas.map(\.rawValue) }
            let members = core.membership
            return "\(core.replica.rawValue): \(core.role) term \(core.term.rawValue) vote \(core.vote.rawValue)"
                + " lead \(core.leader.rawValue) commit \(core.commitIndex.rawValue)"
                + " applied \(core.appliedIndex.rawValue)"
                + " last \(core.lastIndex.rawValue) first \(node.log.firstIndex.rawValue)"
                + " voters \(list(members.voters)) outgoing \(list(members.votersOutgoing))"
                + " learners \(list(members.learners)) transferee \(core.leadTransferee.rawValue)"
                + core.progressStatus.map { " [\($0.replica.rawValue) \($0.state) \($0.match.rawValue)]" }.joined()
        }.joined(separator: "\n")
    }

    // MARK: Weather

    mutating func storm(steps: Int) {
        for step in 0..<steps {
            let place = randomness.draw(below: nodes.count)
            switch randomness.draw(below: 100) {
            case 0..<25: if nodes[place].isUp { nodes[place].core.tick() }
            case 25..<70: deliverOne()
            case 70..<80: propose(place)
            case 80..<84: read(place)
            case 84: crashOrStart(place)
            case 85: if changesMembers, chance(1, in: 3) { changeMembers(place) }
            case 86: cut = chance(1, in: 2) ? [] : [ids[randomness.draw(below: ids.count)]]
            case 87: compact(place)
            case 88: nodes[place].core.transferLeadership(to: ids[randomness.draw(below: ids.count)])
            case 89: nodes[place].core.forgetLeader()
            case 90: nodes[place].core.reportUnreachable(ids[randomness.draw(below: ids.count)])
            case 91:
                nodes[place].core.reportSnapshot(ids[randomness.draw(below: ids.count)], succeeded: chance(1, in: 2))
            default: if nodes[place].isUp { work(place) }
            }
            if chance(2, in: 3), nodes[place].isUp { work(place) }
            if step % 256 == 0 { checkLogs() }
        }
        checkLogs()
    }

    /// Fair weather until a fresh proposal is applied by every member. False when that takes too long.
    mutating func calm(rounds: Int) -> Bool {
        cut = []
        for place in nodes.indices where !nodes[place].isUp { start(place) }
        var goal: LogIndex?
        for _ in 0..<rounds {
            for place in nodes.indices { nodes[place].core.tick() }
            for _ in 0..<20 {
                for place in nodes.indices { while hasWork(place) { work(place) } }
                let messages = network
                network = []
                for message in messages { deliver(message) }
            }
            if let place = nodes.firstIndex(where: { $0.core.hasCommittedInTerm }) {
                if let goal {
                    let members = nodes[place].core.membership.replicas
                    let isDone = nodes.allSatisfy { !members.contains($0.core.replica) || $0.applied >= goal }
                    if isDone { return true }
                } else if (try? nodes[place].core.propose([0])) != nil {
                    goal = nodes[place].core.lastIndex
                }
            }
        }
        return false
    }

    // MARK: Events

    private mutating func deliverOne() {
        guard !network.isEmpty else { return }
        let place = randomness.draw(below: min(network.count, 12))
        let message = network[place]
        if !chance(1, in: 20) { network.remove(at: place) }
        if !chance(1, in: 12) { deliver(message) }
    }

    private mutating func deliver(_ message: Message) {
        guard
            let place = ids.firstIndex(of: message.to), nodes[place].isUp, !cut.contains(message.to),
            !cut.contains(message.from)
        else { return }
        do {
            try nodes[place].core.step(message)
        } catch StepRejection.commitBeyondLog, StepRejection.contradictsCommitted {
            violations.append("\(message.to) lost state: \(message.kind)")
        } catch {}
        note(place)
    }

    private mutating func propose(_ place: Int) {
        guard nodes[place].isUp else { return }
        nextValue += 1
        let payload = (0..<8).map { UInt8(truncatingIfNeeded: nextValue >> (8 * $0)) }
        try? nodes[place].core.propose(payload)
    }

    private mutating func read(_ place: Int) {
        guard nodes[place].isUp else { return }
        let number = UInt64(reads.count)
        reads.append(Read(replica: ids[place], floor: newest))
        nodes[place].core.readIndex(context: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    private mutating func changeMembers(_ place: Int) {
        let kinds: [MembershipChange.Change.Kind] = [.addVoter, .addVoter, .addLearner, .removeReplica]
        let changes = (0...randomness.draw(below: 3)).map { _ in
            MembershipChange.Change(kinds[randomness.draw(below: 4)], ids[randomness.draw(below: ids.count)])
        }
        let transitions: [MembershipChange.Transition] = [.auto, .auto, .jointImplicit, .jointExplicit]
        let isJoint = nodes[place].core.membership.isJoint
        let change = MembershipChange(
            transition: transitions[randomness.draw(below: 4)], changes: isJoint && chance(1, in: 2) ? [] : changes)
        try? nodes[place].core.propose(isJoint && change.changes.isEmpty ? .leaveJoint : change)
    }

    private mutating func crashOrStart(_ place: Int) {
        if nodes[place].isUp {
            nodes[place].isUp = false
            nodes[place].appendWork = []
            nodes[place].applyWork = []
        } else {
            start(place)
        }
    }

    private mutating func start(_ place: Int) {
        nodes[place].isUp = true
        nodes[place].core = makeCore(ids[place], nodes[place].log, applied: nodes[place].applied)
    }

    private mutating func compact(_ place: Int) {
        let log = nodes[place].log
        let applied = nodes[place].applied
        guard applied > log.firstIndex.advanced(by: 3), applied <= log.lastIndex else { return }
        _ = try? log.createSnapshot(at: applied, membership: log.membership, data: [])
        try? log.compact(through: LogIndex(applied.rawValue - UInt64(randomness.draw(below: 3))))
    }

    // MARK: Work of one replica

    private func hasWork(_ place: Int) -> Bool {
        nodes[place].core.hasReady || !nodes[place].appendWork.isEmpty || !nodes[place].applyWork.isEmpty
    }

    private mutating func work(_ place: Int) {
        if chance(1, in: 2), !nodes[place].appendWork.isEmpty {
            let request = nodes[place].appendWork.removeFirst()
            write(place, HardState(term: request.term, vote: request.vote, commit: request.commit), request)
            respond(place, request)
        } else if !nodes[place].applyWork.isEmpty {
            let request = nodes[place].applyWork.removeFirst()
            apply(place, request.entries)
            respond(place, request)
        } else if nodes[place].core.hasReady {
            handleReady(place)
        } else if let request = nodes[place].appendWork.first {
            nodes[place].appendWork.removeFirst()
            write(place, HardState(term: request.term, vote: request.vote, commit: request.commit), request)
            respond(place, request)
        }
    }

    private mutating func handleReady(_ place: Int) {
        let ready = nodes[place].core.ready()
        check(ready.readStates, at: place)
        for message in ready.messages {
            switch message.to {
            case .appendThread: nodes[place].appendWork.append(message)
            case .applyThread: nodes[place].applyWork.append(message)
            default: break
            }
        }
        if !isAsync {
            let request = Message(kind: .storageAppend, entries: ready.entries, snapshot: ready.snapshot)
            write(place, ready.hardState ?? HardState(), request)
            apply(place, ready.committedEntries)
        }
        network += ready.messages.filter { !$0.to.isStorageThread }
        if !isAsync { nodes[place].core.advance(ready) }
        note(place)
    }

    private mutating func respond(_ place: Int, _ request: Message) {
        for response in request.responses {
            if response.to == ids[place] {
                try? nodes[place].core.step(response)
            } else {
                network.append(response)
            }
        }
        note(place)
    }

    private mutating func write(_ place: Int, _ state: HardState, _ request: Message) {
        let log = nodes[place].log
        if !state.isEmpty {
            let highest = nodes[place].highest
            if state.term < highest.term || state.commit < highest.commit
                || (state.term == highest.term && highest.vote != .none && state.vote != highest.vote)
            {
                violations.append("\(ids[place]) went back from \(highest) to \(state)")
            }
            nodes[place].highest = state
            log.setHardState(state)
        }
        do {
            if let snapshot = request.snapshot {
                try log.applySnapshot(snapshot)
                nodes[place].applied = snapshot.metadata.position.index
            }
            try log.append(request.entries)
        } catch {
            violations.append("\(ids[place]) cannot write: \(error)")
        }
    }

    private mutating func apply(_ place: Int, _ entries: [LogEntry]) {
        for entry in entries {
            if entry.index != nodes[place].applied.next {
                violations.append("\(ids[place]) applied \(entry.index) after \(nodes[place].applied)")
            }
            if let known = history[entry.index], known != entry {
                violations.append("\(ids[place]) applied another entry at \(entry.index)")
            }
            history[entry.index] = entry
            newest = max(newest, entry.index)
            nodes[place].applied = entry.index
            if entry.kind != .normal, let change = try? MembershipChange(decoding: entry.payload) {
                let membership = nodes[place].core.applyMembership(change)
                nodes[place].log.setMembership(membership)
                // A new replica takes only a snapshot that knows it.
                _ = try? nodes[place].log.createSnapshot(at: entry.index, membership: membership, data: [])
            }
        }
    }

    // MARK: Promises

    /// Election safety: one leader for each term.
    private mutating func note(_ place: Int) {
        let core = nodes[place].core
        guard core.role == .leader else { return }
        if let known = leaderOfTerm[core.term], known != core.replica {
            violations.append("two leaders in term \(core.term.rawValue)")
        }
        leaderOfTerm[core.term] = core.replica
    }

    /// A read sees everything that was applied anywhere before it began.
    private mutating func check(_ states: [ReadState], at place: Int) {
        for state in states {
            let number = Int(state.context.reversed().reduce(0) { $0 << 8 | UInt64($1) })
            answeredReads += 1
            if reads[number].replica != ids[place] { violations.append("a read answered at another replica") }
            if state.index < reads[number].floor { violations.append("a stale read at \(ids[place])") }
        }
    }

    /// Log matching: the same position has the same entry, and the same one before it, everywhere.
    private mutating func checkLogs() {
        for node in nodes {
            let log = node.log
            guard let entries = try? log.entries(from: log.firstIndex, to: log.lastIndex.next, maxBytes: .max) else {
                violations.append("a log cannot be read")
                continue
            }
            var previous = try? log.term(at: log.firstIndex.previous)
            for entry in entries {
                if let known = entryAt[entry.position], known != entry { violations.append("logs differ") }
                if let known = termBefore[entry.position], known != previous { violations.append("logs do not match") }
                entryAt[entry.position] = entry
                termBefore[entry.position] = previous
                previous = entry.term
            }
        }
    }
}
