import Audit
import Cluster
import Glibc
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Logging
import Peering
import Raft
import Storage
import Telemetry
import Topology

/// What a node stands on: its secrets, its store and audit log, the way to its peers, and the groups found on disk.
struct NodeGround {
    let identity: StoreIdentity
    let nodeKeys: NodeKeys
    let epochs: EpochStore
    let audit: AuditLog
    let network: TLSPeerNetwork
    let cluster: ClusterNode
    let directory = DirectoryView()
    let placements = PlacementTable()

    init(_ settings: NodeSettings, _ material: IdentityMaterial, metrics: MetricsRegistry, logger: Logger) throws {
        for path in [settings.data, settings.secretsPath, settings.auditPath] { try PrivateFile.makeDirectory(path) }
        let seal = try Node.seal(settings)
        let store = try Node.store(settings)
        guard let identity = store.identity else { throw NodeFailure("the store has no identity") }
        self.identity = identity
        nodeKeys = try NodeKeys(directory: settings.secretsPath, seal: seal)
        epochs = try EpochStore(
            directory: settings.secretsPath, cluster: settings.topology.clusterID, replica: identity.replica.rawValue,
            seal: seal)
        audit = try AuditLog(
            AuditConfiguration(
                directory: settings.auditPath, node: settings.node.name, region: settings.node.region),
            metrics: metrics)
        network = try Node.network(
            settings, identity: identity, material: material, sealingKey: nodeKeys.publicKey, logger: logger)

        // The groups on disk get their state machines here; the views are what the use cases read.
        let directory = directory
        var views: [(GroupID, PlacementName, KeyView)] = []
        cluster = try ClusterNode(
            configuration: try Node.shard(settings, replica: identity.replica), store: store, volume: store.volume,
            network: network,
            machineFor: { stored throws(ClusterError) in
                if stored.group == DirectoryController.group { return (DirectoryReplica(view: directory), []) }
                guard let name = try? PlacementName(String(decoding: stored.label, as: UTF8.self)) else {
                    throw ClusterError.refused("group \(stored.group.rawValue) belongs to no placement")
                }
                let view = KeyView()
                views.append((stored.group, name, view))
                return (KeyReplica(view: view), [])
            },
            observer: { Node.log($0, to: logger, wayBack: settings.wayBack) },
            fatal: { error in
                StandardError.write("clavigerd: \(error); ending at once\n")
                _exit(70)
            })
        consultDirectory()
        for (group, name, view) in views {
            if let gauge = cluster.gauge(of: group) {
                placements.insert(PlacementRuntime(name: name, group: group, view: view, gauge: gauge))
            }
        }
    }

    /// Lets the ledger of peers ask which incarnation of a node is the present one.
    private func consultDirectory() {
        cluster.ledger.consult { [directory] number in
            directory.state.node(number).map { entry in
                PeerLedger.Entry(
                    seat: PeerSeat(incarnation: entry.incarnation, store: entry.storeID),
                    isTaken: entry.incarnation == 1 || !entry.sealingKey.isEmpty)
            }
        }
    }

    /// The use cases on this ground.
    func keyService(_ settings: NodeSettings) throws -> KeyService {
        KeyService(
            node: settings.node.name, region: KeyModel.Region(settings.region),
            clusterID: settings.topology.clusterID, cluster: cluster, placements: placements, directory: directory,
            materials: try KeyMaterials(cluster: settings.topology.clusterID, epochs: epochs), audit: audit,
            random: { count in
                var generator = SystemRandomNumberGenerator()
                return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            }, wallClock: Node.wallClock)
    }
}

extension KeyModel.Region {
    init(_ region: FederationTopology.Region) {
        self.init(name: region.name, cloud: region.cloud, jurisdictions: region.jurisdictions)
    }
}
