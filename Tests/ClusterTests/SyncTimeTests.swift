import Cluster
import Glibc
import Peering
import Raft
import Storage
import Synchronization
import Testing
import Wire

/// Carries frames between the nodes of one process at once.
private final class DirectNetwork: PeerNetwork {
    /// Everybody who can be reached.
    final class Wires: Sendable {
        let nodes = Mutex<[ReplicaID: ClusterNode]>([:])
    }

    private let own: ReplicaID
    private let wires: Wires

    init(of own: ReplicaID, on wires: Wires) {
        self.own = own
        self.wires = wires
    }

    func send(_ frames: [PeerFrame], to peer: ReplicaID) {
        let receiver = wires.nodes.withLock { $0[peer] }
        receiver?.peer(PeerIdentity(name: "n\(own.rawValue >> 16)", region: "r", replica: own), sent: frames)
    }

    func isConnected(to peer: ReplicaID) -> Bool { true }
    func call(_ service: PeerService, on peer: ReplicaID, body: [UInt8], timeout: Duration) async throws(PeeringError)
        -> [UInt8]
    { throw .notConnected }
    func serve(_ service: PeerService, _ handler: @escaping @Sendable (PeerIdentity, [UInt8]) async throws -> [UInt8]) {
    }
}

/// A store in memory that takes its time to apply, or says that its synced writes do.
private final class TimedStore: NodeStore {
    /// In microseconds.
    final class Times: Sendable {
        let apply = Atomic<UInt32>(0)
        let write = Atomic<UInt32>(0)
    }

    private let inner = InMemoryStore()
    private let times: Times
    private var hasWritten = false

    init(_ times: Times) { self.times = times }

    func append(_ appends: [GroupAppend]) throws(StorageError) {
        try inner.append(appends)
        if appends.contains(where: { !$0.entries.isEmpty }) { hasWritten = true }
    }

    func takeSyncTime() -> UInt64? {
        defer { hasWritten = false }
        return hasWritten ? UInt64(times.write.load(ordering: .relaxed)) * 1_000 : nil
    }

    func apply(_ applies: [GroupApply]) throws(StorageError) {
        usleep(times.apply.load(ordering: .relaxed))
        try inner.apply(applies)
    }

    var identity: StoreIdentity? { inner.identity }
    func initialize(_ identity: StoreIdentity) throws(StorageError) { try inner.initialize(identity) }
    func setFact(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError) { try inner.setFact(value, for: key) }
    func fact(for key: [UInt8]) throws(StorageError) -> [UInt8]? { try inner.fact(for: key) }
    func facts(withPrefix prefix: [UInt8]) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        try inner.facts(withPrefix: prefix)
    }
    func groups() throws(StorageError) -> [StoredGroup] { try inner.groups() }
    func createGroup(
        _ group: GroupID, membership: Membership, at position: LogPosition, label: [UInt8]
    ) throws(StorageError) {
        try inner.createGroup(group, membership: membership, at: position, label: label)
    }
    func removeGroup(_ group: GroupID) throws(StorageError) { try inner.removeGroup(group) }
    func log(of group: GroupID) throws(StorageError) -> any LogReader { try inner.log(of: group) }
    func compact(_ group: GroupID, through index: LogIndex) throws(StorageError) {
        try inner.compact(group, through: index)
    }
    func table(of group: GroupID) throws(StorageError) -> any TableReader { try inner.table(of: group) }
    func digest(of group: GroupID) throws(StorageError) -> [UInt8] { try inner.digest(of: group) }
    func snapshot(of group: GroupID) throws(StorageError) -> any SnapshotSource { try inner.snapshot(of: group) }
    func stage(_ descriptor: SnapshotDescriptor, for group: GroupID) throws(StorageError) -> any SnapshotStaging {
        try inner.stage(descriptor, for: group)
    }
    func discardStaged(_ group: GroupID) throws(StorageError) { try inner.discardStaged(group) }
    func close() { inner.close() }
}

/// Three nodes with threads of their own, and one group.
private final class Three: Sendable {
    static let group = GroupID(7)

    final class Notices: Sendable {
        private let all = Mutex<[ShardNotice]>([])
        func note(_ notice: ShardNotice) { all.withLock { $0.append(notice) } }
        var hasStepAside: Bool {
            all.withLock { notices in
                notices.contains { if case .steppedAside = $0 { true } else { false } }
            }
        }
    }

    private let wires: DirectNetwork.Wires
    let nodes: [ClusterNode]
    let times: [TimedStore.Times]
    let notices: Notices

    init() throws {
        let (wires, notices) = (DirectNetwork.Wires(), Notices())
        var (nodes, times): ([ClusterNode], [TimedStore.Times]) = ([], [])
        for number in 1...3 as ClosedRange<UInt16> {
            let identity = StoreIdentity(
                cluster: [1], node: number, incarnation: 1, store: Array(repeating: UInt8(number), count: 16))
            let own = TimedStore.Times()
            let store = TimedStore(own)
            try store.initialize(identity)
            let node = try ClusterNode(
                configuration: ShardConfiguration(replica: identity.replica, seed: UInt64(number), session: 1),
                store: store, network: DirectNetwork(of: identity.replica, on: wires),
                machineFor: { _ throws(ClusterError) in throw ClusterError.refused("the store is empty") },
                observer: { notices.note($0) }, fatal: { preconditionFailure("the store failed: \($0)") })
            wires.nodes.withLock { $0[identity.replica] = node }
            nodes.append(node)
            times.append(own)
        }
        (self.wires, self.nodes, self.times, self.notices) = (wires, nodes, times, notices)
    }

    /// Starts everything and waits for a leader; its place.
    func start() async throws -> Int {
        let membership = Membership(voters: nodes.map(\.replica))
        for node in nodes { node.start() }
        for node in nodes {
            _ = try await node.createGroup(
                GroupSpecification(group: Self.group, membership: membership), machine: NotebookMachine())
        }
        #expect(await Self.holds(within: .seconds(20)) { self.leader != nil }, "nobody leads")
        return try #require(leader)
    }

    var leader: Int? { nodes.firstIndex { $0.gauge(of: Self.group)?.isLeader ?? false } }

    /// Writes at the node, several at a time, so that its turns write and apply.
    func load(_ place: Int, for time: Duration) async {
        let (node, end) = (nodes[place], ContinuousClock.now + time)
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    while ContinuousClock.now < end {
                        _ = try? await node.propose(
                            Array("key \(writer)=value".utf8), to: Self.group, timeout: .seconds(2))
                    }
                }
            }
        }
    }

    func stop() {
        for node in nodes { node.stop() }
        wires.nodes.withLock { $0 = [:] }
    }

    static func holds(within time: Duration, _ condition: () -> Bool) async -> Bool {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return condition()
    }
}

@Suite("What a slow disk is", .serialized, .timeLimit(.minutes(2)))
struct SyncTimeTests {
    @Test("A leader steps aside for the time that its store needs to write")
    func slowWrites() async throws {
        let three = try Three()
        let place = try await three.start()
        // Of all, as on a busy machine another one may lead by now.
        for times in three.times { times.write.store(600_000, ordering: .relaxed) }
        async let load: Void = three.load(place, for: .seconds(4))
        let isAside = await Three.holds(within: .seconds(20)) { three.notices.hasStepAside }
        await load
        three.stop()
        #expect(isAside, "the store's writes took 600 ms, by its own words, and the leader stayed")
    }

    @Test("It does not for turns that are long because of something else")
    func slowTurns() async throws {
        let three = try Three()
        let place = try await three.start()
        three.times[place].apply.store(250_000, ordering: .relaxed)
        await three.load(place, for: .seconds(5))
        let isAside = three.notices.hasStepAside
        three.stop()
        #expect(!isAside, "the store's writes took no time, and the leader stepped aside")
    }
}
