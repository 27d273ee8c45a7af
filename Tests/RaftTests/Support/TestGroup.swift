import Raft

/// A few replicas in one value, with a network that loses nothing but what the test cuts.
struct TestGroup {
    struct Node {
        var core: RaftCore
        let log: MemoryLog
        /// Payloads of the applied normal entries, without those of new leaders.
        var applied: [[UInt8]] = []
        var reads: [ReadState] = []
        var isCut = false
    }

    private(set) var nodes: [Node] = []
    /// Called for each message before delivery; false loses it.
    var passes: (Message) -> Bool = { _ in true }

    /// Replicas `1 ... voters + learners`, started from a snapshot at index 1.
    init(
        voters: Int, learners: Int = 0, configure: (inout RaftConfiguration) -> Void = { _ in }
    ) {
        let ids = (1...voters + learners).map { ReplicaID(UInt64($0)) }
        let membership = Membership(voters: Array(ids[..<voters]), learners: Array(ids[voters...]))
        for id in ids { add(id, membership: membership, configure: configure) }
    }

    /// Adds a replica that knows `membership` at index 1, or nothing.
    mutating func add(
        _ id: ReplicaID, membership: Membership?, configure: (inout RaftConfiguration) -> Void = { _ in }
    ) {
        var snapshot = Snapshot()
        if let membership {
            snapshot.metadata = SnapshotMetadata(
                position: LogPosition(term: Term(1), index: LogIndex(1)), membership: membership)
        }
        var configuration = RaftConfiguration(replica: id, applied: snapshot.metadata.position.index, seed: 7)
        configure(&configuration)
        let log = MemoryLog(snapshot: snapshot)
        nodes.append(Node(core: RaftCore(configuration: configuration, log: log), log: log))
    }

    subscript(_ id: UInt64) -> Node {
        get { nodes[Int(id) - 1] }
        set { nodes[Int(id) - 1] = newValue }
    }

    /// The replica that leads in the highest term.
    var leader: UInt64? {
        nodes.filter { $0.core.role == .leader }.max { $0.core.term < $1.core.term }?.core.replica.rawValue
    }

    /// Starts again from what is on disk.
    mutating func restart(_ id: UInt64) {
        var configuration = self[id].core.configuration
        configuration.applied = self[id].core.appliedIndex
        self[id].core = RaftCore(configuration: configuration, log: self[id].log)
    }

    mutating func tick(_ id: UInt64, times: Int = 1) {
        for _ in 0..<times { self[id].core.tick() }
    }

    /// Ticks everyone and settles, `times` times.
    mutating func pass(ticks times: Int) {
        for _ in 0..<times {
            for place in nodes.indices { nodes[place].core.tick() }
            settle()
        }
    }

    mutating func elect(_ id: UInt64) {
        self[id].core.campaign()
        settle()
    }

    /// Works and delivers until nothing is left to do, or for `rounds` rounds: a replica that was lied to may ask for
    /// ever.
    mutating func settle(rounds: Int = 500) {
        for _ in 0..<rounds {
            var messages: [Message] = []
            for place in nodes.indices {
                for _ in 0..<rounds where nodes[place].core.hasReady { messages += work(place) }
            }
            if messages.isEmpty { return }
            for message in messages { deliver(message) }
        }
    }

    private mutating func deliver(_ message: Message) {
        guard
            let receiver = nodes.firstIndex(where: { $0.core.replica == message.to }),
            let sender = nodes.firstIndex(where: { $0.core.replica == message.from }),
            receiver == sender || (!nodes[receiver].isCut && !nodes[sender].isCut), passes(message)
        else { return }
        try? nodes[receiver].core.step(message)
    }

    /// Does one `Ready` and returns its messages to replicas.
    private mutating func work(_ place: Int) -> [Message] {
        let ready = nodes[place].core.ready()
        write(place, ready)
        nodes[place].reads += ready.readStates
        apply(place, ready.committedEntries)
        guard nodes[place].core.configuration.asyncStorageWrites else {
            nodes[place].core.advance(ready)
            return ready.messages
        }
        var outgoing: [Message] = []
        for message in ready.messages {
            guard message.to.isStorageThread else {
                outgoing.append(message)
                continue
            }
            for response in message.responses {
                if response.to == nodes[place].core.replica {
                    try? nodes[place].core.step(response)
                } else {
                    outgoing.append(response)
                }
            }
        }
        return outgoing
    }

    private func write(_ place: Int, _ ready: Ready) {
        let log = nodes[place].log
        if let state = ready.hardState { log.setHardState(state) }
        if let snapshot = ready.snapshot { try? log.applySnapshot(snapshot) }
        try? log.append(ready.entries)
    }

    private mutating func apply(_ place: Int, _ entries: [LogEntry]) {
        for entry in entries {
            if entry.kind == .normal {
                if !entry.payload.isEmpty { nodes[place].applied.append(entry.payload) }
            } else if let change = try? MembershipChange(decoding: entry.payload) {
                let membership = nodes[place].core.applyMembership(change)
                nodes[place].log.setMembership(membership)
                // A new replica takes only a snapshot that knows it.
                _ = try? nodes[place].log.createSnapshot(at: entry.index, membership: membership, data: [])
            } else {
                nodes[place].core.rejectMembership()
            }
        }
    }
}
