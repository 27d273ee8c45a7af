import Audit
import Cluster
import FrontDoors
import Glibc
import KeyCrypto
import KeyOperations
import KeyReplication
import Logging
import NIOCore
import NIOPosix
import Peering
import Synchronization
import Telemetry
import Topology
import UnaryGRPC

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
    let placements: PlacementTable
    let keys: KeyService
    let keepers: NodeKeepers
    let federation: FederationService
    let loops: MultiThreadedEventLoopGroup
    let doors: UnaryServer
    /// What the doors show first; `identityKeeper` replaces it.
    let credentials: TLSCredentials
    let identityKeeper: IdentityKeeper
    let drainFlag = DrainFlag()
    let isolation: NodeIsolation

    init(_ settings: NodeSettings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        try SelfTest.run()
        let expected = settings.topology.identity(of: settings.node)
        let material = try IdentityMaterial(reading: settings.identity)
        let summary = try material.check(expecting: expected)
        credentials = try TLSCredentials(material)
        let ground = try NodeGround(settings, material, metrics: metrics, logger: logger)
        audit = ground.audit
        network = ground.network
        cluster = ground.cluster
        directory = ground.directory
        placements = ground.placements
        keys = try ground.keyService(settings)
        keepers = NodeKeepers(settings, on: ground, keys: keys, logger: logger)
        isolation = Self.isolation(of: cluster, logger: logger)
        federation = FederationService(
            service: keys, controller: keepers.directory, network: network, hints: keepers.hints,
            startDrain: { kill(getpid(), SIGTERM) }, isolation: isolation)
        loops = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 2))
        doors = Self.doors(
            keys: keys, federation: federation, metrics: metrics, loops: loops, drainFlag: drainFlag)
        identityKeeper = IdentityKeeper(IdentityWatch(material, of: expected, summary: summary), logger: logger) {
            [network, doors] material in
            let (outside, inside) = (try TLSCredentials(material), try TLSIdentity(material))
            try network.reload(identity: inside)
            try doors.replaceCredentials(outside)
        }
        registerMetrics()
    }

    private static func doors(
        keys: KeyService, federation: FederationService, metrics: MetricsRegistry, loops: any EventLoopGroup,
        drainFlag: DrainFlag
    ) -> UnaryServer {
        let operations = OperationMetrics(
            ["Encrypt", "Decrypt", "EncryptBatch", "DecryptBatch"] + KeyDoor.operations + FederationDoor.operations,
            in: metrics)
        return UnaryServer(
            services: [
                IsolationGate(CryptoDoor(service: keys, metrics: operations), isolation: federation.isolation),
                IsolationGate(
                    AsyncUnaryAdapter(KeyDoor(service: keys, metrics: operations)), isolation: federation.isolation),
                AsyncUnaryAdapter(
                    FederationDoor(
                        federation: federation, metrics: operations, version: version, startedAt: wallClock(),
                        isDraining: { drainFlag.isSet })),
            ], group: loops)
    }

    private static func isolation(of cluster: ClusterNode, logger: Logger) -> NodeIsolation {
        NodeIsolation(
            handOver: {
                logger.notice("leaving service for a drill")
                await cluster.drain(timeout: .seconds(5))
                return !cluster.allGauges.contains { $0.isLeader && !$0.isStopped }
            },
            takeUp: {
                cluster.endDrain()
                logger.notice("back in service")
            })
    }

    /// Milliseconds since 1970.
    static let wallClock: @Sendable () -> Int64 = { Timestamp.now().nanoseconds / 1_000_000 }
}

extension TLSCredentials {
    /// As the doors show it.
    init(_ material: IdentityMaterial) throws(TransportError) {
        try self.init(
            caPEM: Array(material.authorities.utf8), certificatePEM: Array(material.certificates.utf8),
            keyPEM: Array(material.privateKey.utf8))
    }
}

extension TLSIdentity {
    /// As peers see it.
    init(_ material: IdentityMaterial) throws(PeeringError) {
        try self.init(
            authorities: Array(material.authorities.utf8), certificates: Array(material.certificates.utf8),
            privateKey: Array(material.privateKey.utf8))
    }
}

/// Set once, when the node begins to leave.
final class DrainFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
