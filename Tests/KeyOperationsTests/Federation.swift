import Audit
import Cluster
import Foundation
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Logging
import Peering
import Raft
import Storage
import Synchronization
import Testing
import Wire

/// Nodes of several regions in one process, connected by streams in memory: everything of `clavigerd` but sockets and
/// RocksDB.
final class Federation: Sendable {
    static let cluster = [UInt8](repeating: 7, count: 16)
    static let operatorID = "spiffe://claviger.local/operator/ann"
    static let workload = "spiffe://claviger.local/workload/shop"
    static let regions = [
        Region(name: "eu-west", cloud: "aws", jurisdictions: ["EU"]),
        Region(name: "eu-central", cloud: "gcp", jurisdictions: ["EU"]),
        Region(name: "eu-north", cloud: "azure", jurisdictions: ["EU"]),
        Region(name: "us-east", cloud: "aws", jurisdictions: ["US"]),
    ]

    let hub = LoopbackHub()
    let directory: String
    let nodes: [FederationNode]
    let eu: PlacementName

    /// Three nodes in the EU and one outside, in this order.
    private init(enforcement: PlacementEnforcement) throws {
        directory = NSTemporaryDirectory() + "/claviger-operations-\(UUID().uuidString)"
        eu = try PlacementName("eu")
        var nodes: [FederationNode] = []
        for place in Self.regions.indices {
            nodes.append(
                try FederationNode(place, hub: hub, directory: "\(directory)/\(place + 1)", enforcement: enforcement))
        }
        self.nodes = nodes
    }

    var holders: [FederationNode] { Array(nodes.prefix(3)) }
    var outsider: FederationNode { nodes[3] }

    /// Starts a federation, gives placement `eu` its group in the three EU nodes, and ends everything afterwards.
    static func run(
        opening locks: Set<SovereigntyLocks> = [], founds: Bool = true, maxStaleness: Int64 = 60_000,
        completesRotations: Bool = true, _ body: (Federation) async throws -> Void
    ) async throws {
        SovereigntyLocks.opened.withLock { $0 = locks }
        defer { SovereigntyLocks.opened.withLock { $0 = [] } }
        let federation = try Federation(enforcement: locks.contains(.admission) ? .off : .strict)
        do {
            for node in federation.nodes { try await node.start() }
            if completesRotations { for node in federation.nodes { node.keepRotations() } }
            try await eventually("every node is in the directory") { federation.nodes.allSatisfy { $0.isRegistered } }
            if founds { try await federation.foundPlacement(maxStaleness: maxStaleness) }
            try await body(federation)
        } catch {
            await federation.stop()
            throw error
        }
        await federation.stop()
    }

    private func stop() async {
        for node in nodes { await node.stop() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func foundPlacement(running keepers: [Int] = [0, 1, 2, 3], maxStaleness: Int64 = 60_000) async throws {
        for place in keepers { nodes[place].keepEpochs() }
        let first = nodes[0]
        let placement = Placement(name: eu, allowedJurisdictions: ["EU"], maxStaleness: maxStaleness)
        _ = try await first.directoryController.propose(.putPlacement(placement))
        let group = DirectoryGroup(id: 2, placement: eu, replicas: holders.map { $0.replica.rawValue })
        _ = try await first.directoryController.propose(.putGroup(group))
        try await eventually("the placement has its group") {
            self.holders.allSatisfy { $0.runtime?.view.placement != nil }
        }
        if keepers.count == 4 { try await untilReady() }
    }

    /// Until the epoch key is active and at every holder.
    func untilReady() async throws {
        try await eventually("every holder is fresh and has the active epoch key") {
            self.holders.allSatisfy { node in
                node.runtime?.view.epochLedger.current != nil && node.runtime?.age(now: monotonicNow()) != nil
                    && node.hasEpochKey
            }
        }
    }

    /// Lets `workload` do everything with keys of the placement.
    func allow(_ actions: [ActionSelector] = [.group(.use), .group(.manage), .group(.read)]) async throws {
        let policy = Policy(
            name: "shop",
            statements: [
                PolicyStatement(
                    id: "all", effect: .allow, principals: [try PrincipalPattern(parsing: Self.workload)],
                    actions: actions)
            ], document: "# What a test needs.\n")
        let written = try await nodes[0].keys.putPolicy(
            policy, placement: "eu", idempotencyKey: [], in: nodes[0].context(Self.operatorID))
        try await follow(written.token)
    }

    /// Until every holder has applied a write.
    func follow(_ token: ConsistencyToken) async throws {
        try await eventually("every holder has applied the write") {
            self.holders.allSatisfy { $0.runtime.map { $0.gauge.applied.rawValue >= token.index } ?? false }
        }
    }

    /// A key with its first version, known to every holder.
    func makeKey(_ name: String = "eu/acme/orders") async throws -> Key {
        let made = try await nodes[0].keys.createKey(
            name, algorithm: .aes256, tags: [], idempotencyKey: [], in: nodes[0].context())
        try await follow(made.token)
        return made.value
    }

    /// Every byte between this node and the others vanishes from now on.
    func isolate(_ node: FederationNode) async {
        for other in nodes where other.name != node.name { await hub.partition(node.name, other.name) }
    }

    /// Whatever the node and the others tell each other takes this long.
    func slow(_ node: FederationNode, by time: Duration) async {
        for other in nodes where other.name != node.name { await hub.delay(node.name, other.name, by: time) }
    }

    /// The node and the others may connect again.
    func reconnect(_ node: FederationNode) async {
        for other in nodes where other.name != node.name {
            await hub.heal(node.name, other.name)
            await hub.cut(node.name, other.name)
        }
    }

    /// Proposes that the placement's group stands on these nodes.
    func move(to nodes: [FederationNode]) async throws {
        _ = try await self.nodes[0].directoryController.propose(
            .setGroupReplicas(id: 2, replicas: nodes.map { $0.replica.rawValue }))
    }
}

/// All parts of one node.
final class FederationNode: Sendable {
    let name: String
    let replica: ReplicaID
    let secrets: String
    let auditDirectory: String
    let network: LoopbackPeerNetwork
    let cluster: ClusterNode
    let placements = PlacementTable()
    let epochs: EpochStore
    let audit: AuditLog
    let keys: KeyService
    let keeper: EpochKeeper
    let rotations: RotationKeeper
    let directoryController: DirectoryController
    let placementController: PlacementController
    let auditBreaks: SharedFlag
    private let enforcement: PlacementEnforcement
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(_ place: Int, hub: LoopbackHub, directory: String, enforcement: PlacementEnforcement) throws {
        let region = Federation.regions[place]
        let number = UInt16(place + 1)
        name = "node-\(number)"
        secrets = directory + "/secrets"
        auditDirectory = directory + "/audit"
        try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
        let identity = StoreIdentity(
            cluster: Federation.cluster, node: number, incarnation: 1,
            store: [UInt8](repeating: UInt8(number), count: 16))
        replica = identity.replica
        let seal = try DevFileSeal(path: secrets + "/dev-seal.key", isProduction: false)
        let nodeKeys = try NodeKeys(directory: secrets, seal: seal)
        epochs = try EpochStore(directory: secrets, cluster: Federation.cluster, replica: replica.rawValue, seal: seal)
        let hello = PeerHello(
            cluster: Federation.cluster, replica: replica, store: identity.store, node: name, region: region.name,
            sealingKey: nodeKeys.publicKey)
        let peers = Federation.regions.indices.filter { $0 != place }.map { other in
            PeerAddress(
                name: "node-\(other + 1)", region: Federation.regions[other].name, number: UInt16(other + 1),
                host: "loopback",
                port: other + 1)
        }
        network = try LoopbackPeerNetwork(
            hub: hub,
            configuration: PeeringConfiguration(
                trustDomain: "claviger.local", hello: hello, host: "loopback", port: place + 1),
            peers: peers, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let store = InMemoryStore()
        try store.initialize(identity)
        var shard = ShardConfiguration(replica: replica, seed: UInt64(number), session: UInt64.random(in: 1 ... .max))
        shard.freshnessInterval = 100_000_000
        cluster = try ClusterNode(
            configuration: shard, store: store, network: network,
            machineFor: { _ throws(ClusterError) in throw ClusterError.refused("the store of a new node is empty") },
            observer: { _ in }, fatal: { preconditionFailure("the store failed: \($0)") })
        let broken = SharedFlag()
        auditBreaks = broken
        var configuration = AuditConfiguration(directory: auditDirectory, node: name, region: region.name)
        configuration.reserve = 0
        configuration.probeInterval = .milliseconds(20)
        configuration.commitHook = { if broken.isSet { throw AuditError.noSpace } }
        configuration.terminate = { _ in }
        audit = try AuditLog(configuration)
        let view = DirectoryView()
        self.enforcement = enforcement
        let wallClock: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
        keys = KeyService(
            node: name, region: region, clusterID: Federation.cluster, cluster: cluster, placements: placements,
            directory: view,
            materials: try KeyMaterials(cluster: Federation.cluster, epochs: epochs), audit: audit,
            random: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } }, wallClock: wallClock)
        keeper = EpochKeeper(service: keys, keys: nodeKeys, network: network) { _, _ in }
        rotations = RotationKeeper(service: keys) { _, _ in }
        placementController = PlacementController(service: keys) { _ in }
        let entry = DirectoryNode(
            name: name, number: number, incarnation: 1, region: region.name, storeID: identity.store,
            sealingKey: nodeKeys.publicKey, peerEndpoint: "\(name):1", apiEndpoint: "\(name):2")
        directoryController = DirectoryController(
            cluster: cluster, view: view,
            start: .init(
                clusterID: Federation.cluster, regions: Federation.regions, operators: [Federation.operatorID],
                node: entry),
            wallClock: wallClock
        ) { _ in }
    }

    var runtime: PlacementRuntime? { placements.all.first { $0.name.rawValue == "eu" } }
    var isRegistered: Bool { directoryController.isRegistered }
    var hasEpochKey: Bool { epochs.get(placement: "eu", epoch: 1) != nil }

    func start() async throws {
        cluster.start()
        try await network.start(delegate: cluster)
        let founders = Membership(
            voters: (1...3).map { ReplicaID($0 << 16 | 1) }, learners: [ReplicaID(4 << 16 | 1)])
        _ = try await cluster.createGroup(
            GroupSpecification(group: DirectoryController.group, membership: founders),
            machine: DirectoryReplica(view: keys.directory, enforcement: enforcement))
        tasks.withLock { tasks in
            tasks.append(Task { [directoryController] in await directoryController.run() })
            tasks.append(Task { [placementController] in await placementController.run() })
        }
    }

    func keepRotations() { tasks.withLock { $0.append(Task { [rotations] in await rotations.run() }) } }
    func keepEpochs() { tasks.withLock { $0.append(Task { [keeper] in await keeper.run() }) } }

    func stop() async {
        let running = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in running { task.cancel() }
        await network.shutdown(goodbye: false)
        cluster.stop()
        audit.close()
    }

    // MARK: Calls

    func context(
        _ principal: String = Federation.workload, token: ConsistencyToken? = nil, within: Duration = .seconds(20)
    )
        -> RequestContext
    {
        RequestContext(
            requestID: "r", principal: principal, source: "test", door: "test", receivedAt: monotonicNow(),
            deadline: .now + within,
            token: token)
    }

    /// Encrypts as a door does: the reply is there when its record is durable.
    func encrypt(
        _ key: String, _ plaintext: [UInt8], version: UInt32 = 0, as principal: String = Federation.workload
    ) async throws(KMSError) -> EncryptReply {
        let request = EncryptRequest(
            key: key, version: version, plaintext: plaintext, context: [("purpose", "test")])
        let lane = try keys.makeLane()
        return try await answer(context(principal)) { keys.encrypt(request, in: $0, on: lane) }
    }

    func decrypt(_ ciphertext: [UInt8], as principal: String = Federation.workload) async throws(KMSError)
        -> DecryptReply
    {
        let request = DecryptRequest(ciphertext: ciphertext, context: [("purpose", "test")])
        let lane = try keys.makeLane()
        return try await answer(context(principal)) { keys.decrypt(request, in: $0, on: lane) }
    }

    private func answer<Value: Sendable>(_ context: RequestContext, _ ask: (RequestContext) -> AuditedResult<Value>)
        async throws(KMSError) -> Value
    {
        var batch = AuditBatch()
        var result = batch.take(ask(context))
        let doubts = batch.withdraw(to: 0)
        if !doubts.isEmpty { result = batch.take(ask(await keys.confirm(doubts, in: context))) }
        let settled = batch
        let failure: KMSError? = await withCheckedContinuation { continuation in
            keys.commit(settled) { continuation.resume(returning: $0) }
        }
        if let failure { throw failure }
        return try result.get()
    }

    /// The newest records of this node.
    func records(_ limit: Int = 1000) throws -> [AuditRecord] {
        try AuditReader.tail(directory: auditDirectory, limit: limit).map(\.record)
    }
}

/// A switch that a test turns while another thread looks at it.
final class SharedFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set(_ value: Bool) { flag.store(value, ordering: .releasing) }
}

/// Waits until a condition holds; fails the test when it does not within a minute.
func eventually(
    _ what: Comment, within limit: Duration = .seconds(60), location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    let holds = try await condition()
    try #require(holds, what, sourceLocation: location)
}

/// The error that a call ends with; nil when it succeeds.
func refusal<Value>(_ body: () async throws -> Value) async -> KMSError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? KMSError ?? KMSError(.internalError, "\(error)")
    }
}
