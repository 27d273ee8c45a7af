import Audit
import Cluster
import FrontDoors
import Glibc
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
import Synchronization
import Telemetry
import Topology
import UnaryGRPC
import Wire

/// All parts of a node, put together from its settings. Starting and stopping them in order is `NodeService`'s part.
final class Node: Sendable {
    static let version = "0.1.0"

    let settings: NodeSettings
    let logger: Logger
    let metrics = MetricsRegistry()
    let audit: AuditLog
    let network: TLSPeerNetwork
    let cluster: ClusterNode
    let directory: DirectoryView
    let placements = PlacementTable()
    let keys: KeyService
    let epochKeeper: EpochKeeper
    let placementController: PlacementController
    let directoryController: DirectoryController
    let leaderHints: LeaderHints
    let federation: FederationService
    let doors: UnaryServer
    let loops: MultiThreadedEventLoopGroup

    init(_ settings: NodeSettings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        try SelfTest.run()
        for path in [settings.data, settings.secretsPath, settings.auditPath] { try PrivateFile.makeDirectory(path) }
        let seal = try Self.seal(settings)
        let store = try Self.store(settings)
        guard let identity = store.identity else { throw NodeFailure("the store has no identity") }
        let nodeKeys = try NodeKeys(directory: settings.secretsPath, seal: seal)
        let clusterID = settings.topology.clusterID
        let epochs = try EpochStore(
            directory: settings.secretsPath, cluster: clusterID, replica: identity.replica.rawValue, seal: seal)
        let node = settings.node
        audit = try AuditLog(
            AuditConfiguration(directory: settings.auditPath, node: node.name, region: node.region), metrics: metrics)
        network = try Self.network(settings, identity: identity, sealingKey: nodeKeys.publicKey, logger: logger)

        // The groups on disk get their state machines here; the views are what the use cases read.
        let directory = DirectoryView()
        var views: [(GroupID, PlacementName, KeyView)] = []
        let configuration = try Self.shard(settings, replica: identity.replica)
        cluster = try ClusterNode(
            configuration: configuration, store: store, network: network,
            machineFor: { stored throws(ClusterError) in
                if stored.group == DirectoryController.group { return (DirectoryReplica(view: directory), []) }
                guard let name = try? PlacementName(String(decoding: stored.label, as: UTF8.self)) else {
                    throw ClusterError.refused("group \(stored.group.rawValue) belongs to no placement")
                }
                let view = KeyView()
                views.append((stored.group, name, view))
                return (KeyReplica(view: view), [])
            },
            observer: { Self.log($0, to: logger, wayBack: settings.wayBack) },
            fatal: { error in
                StandardError.write("clavigerd: \(error); ending at once\n")
                _exit(70)
            })
        self.directory = directory
        cluster.ledger.consult { number in
            directory.state.node(number).map { entry in
                PeerLedger.Entry(
                    seat: PeerSeat(incarnation: entry.incarnation, store: entry.storeID),
                    isTaken: entry.incarnation == 1 || !entry.sealingKey.isEmpty)
            }
        }
        for (group, name, view) in views {
            if let gauge = cluster.gauge(of: group) {
                placements.insert(PlacementRuntime(name: name, group: group, view: view, gauge: gauge))
            }
        }

        let random: @Sendable (Int) throws -> [UInt8] = { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        }
        let wallClock: @Sendable () -> Int64 = { Timestamp.now().nanoseconds / 1_000_000 }
        keys = KeyService(
            node: node.name, region: KeyModel.Region(settings.region), clusterID: clusterID, cluster: cluster,
            placements: placements, directory: directory,
            materials: try KeyMaterials(cluster: clusterID, epochs: epochs), audit: audit, random: random,
            wallClock: wallClock)
        epochKeeper = EpochKeeper(service: keys, keys: nodeKeys, network: network) { problem, placement in
            logger.debug(
                "epoch keeper", metadata: [LogKey.placement: "\(placement)", LogKey.errorReason: "\(problem)"])
        }
        placementController = PlacementController(service: keys) { problem in
            logger.debug("placement controller", metadata: [LogKey.errorReason: "\(problem)"])
        }
        let entry = DirectoryNode(
            name: node.name, number: node.number, incarnation: identity.incarnation, region: node.region,
            storeID: identity.store, sealingKey: nodeKeys.publicKey, peerEndpoint: node.peerEndpoint,
            apiEndpoint: node.apiEndpoint)
        directoryController = DirectoryController(
            cluster: cluster, view: directory,
            start: .init(
                clusterID: clusterID, regions: settings.topology.regions.map { KeyModel.Region($0) },
                operators: settings.topology.operators.map(\.uri), node: entry),
            wallClock: wallClock
        ) { problem in
            logger.debug("directory controller", metadata: [LogKey.errorReason: "\(problem)"])
        }
        leaderHints = LeaderHints(service: keys, network: network)
        federation = FederationService(
            service: keys, controller: directoryController, network: network, hints: leaderHints,
            startDrain: { kill(getpid(), SIGTERM) })

        loops = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 2))
        let operations = OperationMetrics(
            ["Encrypt", "Decrypt", "EncryptBatch", "DecryptBatch"] + KeyDoor.operations + FederationDoor.operations,
            in: metrics)
        let started = wallClock()
        let drainingFlag = DrainFlag()
        doors = UnaryServer(
            services: [
                CryptoDoor(service: keys, metrics: operations),
                AsyncUnaryAdapter(KeyDoor(service: keys, metrics: operations)),
                AsyncUnaryAdapter(
                    FederationDoor(
                        federation: federation, metrics: operations, version: Self.version, startedAt: started,
                        isDraining: { drainingFlag.isSet })),
            ], group: loops)
        drainFlag = drainingFlag
        registerMetrics()
    }

    let drainFlag: DrainFlag
}

/// Set once, when the node begins to leave.
final class DrainFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

extension KeyModel.Region {
    init(_ region: FederationTopology.Region) {
        self.init(name: region.name, cloud: region.cloud, jurisdictions: region.jurisdictions)
    }
}
