import Audit
import Cluster
import Foundation
import FrontDoors
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Logging
import NIOCore
import NIOPosix
import Peering
import Raft
import Storage
import SwiftProtobuf
import Synchronization
import Telemetry
import Testing
import UnaryGRPC
import Wire

/// One node that is a whole federation, with its crypto door open on a real port of this machine.
final class DoorNode: Sendable {
    static let nodeID = "spiffe://claviger.local/region/eu-west/node/node-1"
    static let operatorID = "spiffe://claviger.local/operator/ann"
    static let workload = "spiffe://claviger.local/workload/shop"
    static let methods = ["Encrypt", "Decrypt", "EncryptBatch", "DecryptBatch"]

    let keys: KeyService
    let registry = MetricsRegistry()
    let auditDirectory: String
    let disk: BreakingDisk
    private let authority: TestAuthority
    private let directory: String
    private let network: LoopbackPeerNetwork
    private let cluster: ClusterNode
    private let audit: AuditLog
    private let controllers: (DirectoryController, PlacementController, EpochKeeper)
    private let server: UnaryServer
    private let port: Atomic<Int>

    /// Starts a node with key `eu/acme/orders`, which `workload` may use, and ends it afterwards.
    static func run(_ body: (DoorNode) async throws -> Void) async throws {
        let node = try DoorNode()
        do {
            let tasks = try await node.start()
            defer { for task in tasks { task.cancel() } }
            try await body(node)
        } catch {
            await node.stop()
            throw error
        }
        await node.stop()
    }

    private init() throws {
        directory = NSTemporaryDirectory() + "/claviger-doors-\(UUID().uuidString)"
        auditDirectory = directory + "/audit"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        authority = try TestAuthority()
        let clusterID = [UInt8](repeating: 7, count: 16)
        let region = Region(name: "eu-west", cloud: "aws", jurisdictions: ["EU"])
        let identity = StoreIdentity(cluster: clusterID, node: 1, incarnation: 1, store: clusterID)
        let seal = try DevFileSeal(path: directory + "/dev-seal.key", isProduction: false)
        let nodeKeys = try NodeKeys(directory: directory, seal: seal)
        let epochs = try EpochStore(
            directory: directory, cluster: clusterID, replica: identity.replica.rawValue, seal: seal)
        let hello = PeerHello(
            cluster: clusterID, replica: identity.replica, store: clusterID, node: "node-1", region: "eu-west",
            sealingKey: nodeKeys.publicKey)
        network = try LoopbackPeerNetwork(
            hub: LoopbackHub(),
            configuration: PeeringConfiguration(trustDomain: "claviger.local", hello: hello, host: "loopback", port: 1),
            peers: [],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let store = InMemoryStore()
        try store.initialize(identity)
        cluster = try ClusterNode(
            configuration: ShardConfiguration(
                replica: identity.replica, seed: 1, session: UInt64.random(in: 1 ... .max)),
            store: store, network: network,
            machineFor: { _ throws(ClusterError) in throw ClusterError.refused("the store of a new node is empty") },
            observer: { _ in }, fatal: { preconditionFailure("the store failed: \($0)") })
        let broken = BreakingDisk()
        disk = broken
        var configuration = AuditConfiguration(directory: auditDirectory, node: "node-1", region: "eu-west")
        configuration.reserve = 0
        configuration.probeInterval = .milliseconds(20)
        configuration.commitHook = { if broken.isFull { throw AuditError.noSpace } }
        audit = try AuditLog(configuration)
        let wallClock: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
        let view = DirectoryView()
        keys = KeyService(
            node: "node-1", region: region, clusterID: clusterID, cluster: cluster, placements: PlacementTable(),
            directory: view,
            materials: try KeyMaterials(cluster: clusterID, epochs: epochs), audit: audit,
            random: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } }, wallClock: wallClock)
        let entry = DirectoryNode(
            name: "node-1", number: 1, incarnation: 1, region: "eu-west", storeID: clusterID,
            sealingKey: nodeKeys.publicKey,
            peerEndpoint: "node-1:1", apiEndpoint: "node-1:2")
        controllers = (
            DirectoryController(
                cluster: cluster, view: view,
                start: .init(clusterID: clusterID, regions: [region], operators: [Self.operatorID], node: entry),
                wallClock: wallClock, observe: { _ in }),
            PlacementController(service: keys, observe: { _ in }),
            EpochKeeper(service: keys, keys: nodeKeys, network: network, observe: { _, _ in })
        )
        server = UnaryServer(
            services: [CryptoDoor(service: keys, metrics: OperationMetrics(Self.methods, in: registry))],
            group: MultiThreadedEventLoopGroup.singleton)
        port = Atomic(0)
    }

    private func start() async throws -> [Task<Void, Never>] {
        cluster.start()
        try await network.start(delegate: cluster)
        let membership = Membership(voters: [cluster.replica])
        _ = try await cluster.createGroup(
            GroupSpecification(group: DirectoryController.group, membership: membership),
            machine: DirectoryReplica(view: keys.directory))
        let (directory, placements, epochs) = controllers
        let tasks = [
            Task { await directory.run() }, Task { await placements.run() }, Task { await epochs.run() },
        ]
        try await eventually { directory.isRegistered }
        let eu = try PlacementName("eu")
        _ = try await directory.propose(
            .putPlacement(Placement(name: eu, allowedJurisdictions: ["EU"], replicas: 1, survive: .node)))
        _ = try await directory.propose(
            .putGroup(DirectoryGroup(id: 2, placement: eu, replicas: [cluster.replica.rawValue])))
        try await eventually {
            let runtime = self.keys.placements[eu]
            return runtime?.view.epochLedger.current != nil && runtime?.age(now: monotonicNow()) != nil
        }
        let policy = Policy(
            name: "shop",
            statements: [
                PolicyStatement(
                    id: "all", effect: .allow, principals: [try PrincipalPattern(parsing: Self.workload)],
                    actions: [.group(.use), .group(.manage)])
            ])
        _ = try await keys.putPolicy(policy, placement: "eu", idempotencyKey: [], in: context(Self.operatorID))
        _ = try await keys.createKey(
            "eu/acme/orders", algorithm: .aes256, tags: [], idempotencyKey: [], in: context(Self.workload))
        let address = try await server.listen(host: "127.0.0.1", port: 0, credentials: try authority.issue(Self.nodeID))
        port.store(address.port ?? 0, ordering: .releasing)
        return tasks
    }

    private func stop() async {
        await server.shutdown()
        await network.shutdown(goodbye: false)
        cluster.stop()
        audit.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    func context(_ principal: String) -> RequestContext {
        RequestContext(
            requestID: "r", principal: principal, source: "test", door: "test", receivedAt: monotonicNow(),
            deadline: .now + .seconds(20))
    }

    func client(as principal: String = workload) throws -> UnaryClient {
        try UnaryClient(
            target: .tls(
                host: "127.0.0.1", port: port.load(ordering: .acquiring), credentials: try authority.issue(principal),
                accepts: { $0 == Self.nodeID }),
            configuration: .init(), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    }

    func recordCount() throws -> Int { try AuditReader.tail(directory: auditDirectory, limit: 5000).count }
}

/// A disk that a test fills while the audit thread writes to it.
final class BreakingDisk: Sendable {
    private let flag = Atomic<Bool>(false)
    var isFull: Bool { flag.load(ordering: .acquiring) }
    func fill(_ value: Bool) { flag.store(value, ordering: .releasing) }
}

extension UnaryClient {
    /// One call of the key service with messages as they are.
    func call<Reply: SwiftProtobuf.Message>(_ method: String, _ message: some SwiftProtobuf.Message, as: Reply.Type)
        async throws -> Reply
    {
        let body = ByteBuffer(bytes: try message.serializedBytes() as [UInt8])
        return try Reply(serializedBytes: Array(try await raw(method, body).readableBytesView))
    }

    func raw(_ method: String, _ body: ByteBuffer) async throws -> ByteBuffer {
        try await call("/claviger.v1.KeyService/\(method)", body, deadline: .now() + .seconds(20))
    }
}

/// Waits until a condition holds; fails the test when it does not within a minute.
func eventually(location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    let holds = try await condition()
    try #require(holds, sourceLocation: location)
}

/// The status that a call fails with, or nil if it succeeds.
func failure<Value>(_ body: () async throws -> Value) async -> GRPCStatus? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? GRPCStatus ?? GRPCStatus(.unknown, "\(error)")
    }
}
