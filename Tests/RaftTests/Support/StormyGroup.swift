import Raft

/// A group in bad weather: messages are lost, doubled and reordered, replicas crash and restart, partitions come and
/// go, members change, logs are compacted. A seed gives the same run every time. Broken promises are collected in
/// `violations`.
struct StormyGroup {
    struct Node {
        var core: RaftCore
        let log: MemoryLog
        var isUp = true
        /// Work of the storage threads that a crash loses.
        var appendWork: [Message] = []
        var applyWork: [Message] = []
        var applied: LogIndex
        var highest = HardState()
    }

    struct Read {
        var replica: ReplicaID
        var floor: LogIndex
    }

    /// A snapshot on its way. A driver sends one at a time to each replica and tells the core how it ended, which is
    /// what consensus waits for: as long as nobody does, the receiver gets nothing else.
    struct Transfer: Hashable {
        var sender: ReplicaID
        var receiver: ReplicaID
    }

    /// What the storms did, so that a test can tell that they are storms.
    struct Tally {
        var answeredReads = 0
        var changes = 0
        var jointConfigurations = 0
        var explicitLeaves = 0
        var installedSnapshots = 0
        var lostSnapshots = 0
    }

    let ids: [ReplicaID]
    var nodes: [Node] = []
    var network: [Message] = []
    var transfers: [Transfer] = []
    /// Ended transfers whose senders do not know it yet.
    var reports: [(transfer: Transfer, succeeded: Bool)] = []
    var cut: [ReplicaID] = []
    var randomness: Randomness
    let isAsync: Bool
    let changesMembers: Bool

    // What the whole group has promised.
    var leaderOfTerm: [Term: ReplicaID] = [:]
    var history: [LogIndex: LogEntry] = [:]
    var entryAt: [LogPosition: LogEntry] = [:]
    var termBefore: [LogPosition: Term] = [:]
    var newest = LogIndex(1)
    var reads: [Read] = []
    var nextValue: UInt64 = 0
    var tally = Tally()
    var violations: [String] = []

    // What fair weather has to bring.
    /// A client's write, and where it was applied.
    var goal: (payload: [UInt8], index: LogIndex?)?
    /// Replicas that have answered a read asked in fair weather.
    var readers: Set<ReplicaID> = []
    var firstFairRead = Int.max

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

    mutating func makeCore(_ id: ReplicaID, _ log: MemoryLog, applied: LogIndex) -> RaftCore {
        RaftCore(
            configuration: RaftConfiguration(
                replica: id, electionTicks: 6, maxSizePerMessage: 64, maxCommittedSizePerReady: 128,
                maxInflightMessages: 4, maxInflightBytes: 256, applied: applied, asyncStorageWrites: isAsync,
                seed: randomness.next()),
            log: log)
    }

    mutating func chance(_ one: Int, in all: Int) -> Bool { randomness.draw(below: all) < one }

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
            case 85: if changesMembers { changeMembers(place) }
            case 86: cut = chance(1, in: 2) ? [] : [ids[randomness.draw(below: ids.count)]]
            case 87: compact(place)
            case 88: nodes[place].core.transferLeadership(to: ids[randomness.draw(below: ids.count)])
            case 89: nodes[place].core.forgetLeader()
            case 90: nodes[place].core.reportUnreachable(ids[randomness.draw(below: ids.count)])
            case 91: report()
            default: if nodes[place].isUp { work(place) }
            }
            if chance(2, in: 3), nodes[place].isUp { work(place) }
            if step % 256 == 0 { checkLogs() }
        }
        checkLogs()
    }

    // MARK: Events

    mutating func deliverOne() {
        guard !network.isEmpty else { return }
        let place = randomness.draw(below: min(network.count, 12))
        let message = network[place]
        if !chance(1, in: 20) { network.remove(at: place) }
        let isLost = chance(1, in: 12)
        let arrives = isLost ? false : deliver(message)
        if message.kind == .snapshot { end(Transfer(sender: message.from, receiver: message.to), succeeded: arrives) }
    }

    /// The driver of the sender will hear how the transfer ended. Copies of a snapshot that ended before do not count.
    mutating func end(_ transfer: Transfer, succeeded: Bool) {
        guard let place = transfers.firstIndex(of: transfer) else { return }
        transfers.remove(at: place)
        reports.append((transfer, succeeded))
        if !succeeded { tally.lostSnapshots += 1 }
    }

    /// Tells a sender how a transfer ended; now and then also one that sent nothing.
    mutating func report() {
        if reports.isEmpty || chance(1, in: 8) {
            let place = randomness.draw(below: nodes.count)
            nodes[place].core.reportSnapshot(ids[randomness.draw(below: ids.count)], succeeded: chance(1, in: 2))
        } else {
            deliverReport(randomness.draw(below: reports.count))
        }
    }

    mutating func deliverReport(_ number: Int) {
        let (transfer, succeeded) = reports.remove(at: number)
        guard let place = ids.firstIndex(of: transfer.sender) else { return }
        nodes[place].core.reportSnapshot(transfer.receiver, succeeded: succeeded)
    }

    /// False when the message reaches nobody.
    @discardableResult
    mutating func deliver(_ message: Message) -> Bool {
        guard
            let place = ids.firstIndex(of: message.to), nodes[place].isUp, !cut.contains(message.to),
            !cut.contains(message.from)
        else { return false }
        do {
            try nodes[place].core.step(message)
        } catch StepRejection.commitBeyondLog, StepRejection.contradictsCommitted {
            violations.append("\(message.to) lost state: \(message.kind)")
        } catch {}
        note(place)
        return true
    }

    mutating func propose(_ place: Int) {
        guard nodes[place].isUp else { return }
        nextValue += 1
        let payload = (0..<8).map { UInt8(truncatingIfNeeded: nextValue >> (8 * $0)) }
        try? nodes[place].core.propose(payload)
    }

    mutating func read(_ place: Int) {
        guard nodes[place].isUp else { return }
        let number = UInt64(reads.count)
        reads.append(Read(replica: ids[place], floor: newest))
        nodes[place].core.readIndex(context: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    mutating func changeMembers(_ place: Int) {
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

    mutating func crashOrStart(_ place: Int) {
        if nodes[place].isUp {
            nodes[place].isUp = false
            nodes[place].appendWork = []
            nodes[place].applyWork = []
            // The driver died with its replica: nobody is left to be told of its transfers.
            transfers.removeAll { $0.sender == ids[place] }
            reports.removeAll { $0.transfer.sender == ids[place] }
        } else {
            start(place)
        }
    }

    mutating func start(_ place: Int) {
        nodes[place].isUp = true
        nodes[place].core = makeCore(ids[place], nodes[place].log, applied: nodes[place].applied)
    }

    mutating func compact(_ place: Int) {
        let log = nodes[place].log
        let applied = nodes[place].applied
        guard applied > log.firstIndex.advanced(by: 3), applied <= log.lastIndex else { return }
        _ = try? log.createSnapshot(at: applied, membership: log.membership, data: [])
        try? log.compact(through: LogIndex(applied.rawValue - UInt64(randomness.draw(below: 3))))
    }
}
