import KeyCrypto
import KeyModel
import KeyOperations
import Logging
import Peering
import Storage
import Telemetry
import Topology

/// What works on a node without being asked: each looks again and again at what is and does the next step towards what
/// should be.
struct NodeKeepers: Sendable {
    let directory: DirectoryController
    let placements: PlacementController
    let epochs: EpochKeeper
    let rotations: RotationKeeper
    let hints: LeaderHints

    init(_ settings: NodeSettings, on ground: NodeGround, keys: KeyService, logger: Logger) {
        let complain = { (who: String) -> @Sendable (String, PlacementName) -> Void in
            { problem, placement in
                logger.debug(
                    "\(who)", metadata: [LogKey.placement: "\(placement)", LogKey.errorReason: "\(problem)"])
            }
        }
        epochs = EpochKeeper(
            service: keys, keys: ground.nodeKeys, network: ground.network, observe: complain("epoch keeper"))
        rotations = RotationKeeper(service: keys, observe: complain("rotation keeper"))
        placements = PlacementController(service: keys) { problem in
            logger.debug("placement controller", metadata: [LogKey.errorReason: "\(problem)"])
        }
        let node = settings.node
        let entry = DirectoryNode(
            name: node.name, number: node.number, incarnation: ground.identity.incarnation, region: node.region,
            storeID: ground.identity.store, sealingKey: ground.nodeKeys.publicKey, peerEndpoint: node.peerEndpoint,
            apiEndpoint: node.apiEndpoint)
        directory = DirectoryController(
            cluster: ground.cluster, view: ground.directory,
            start: .init(
                clusterID: settings.topology.clusterID, regions: settings.topology.regions.map { KeyModel.Region($0) },
                operators: settings.topology.operators.map(\.uri), node: entry),
            wallClock: Node.wallClock
        ) { problem in
            logger.debug("directory controller", metadata: [LogKey.errorReason: "\(problem)"])
        }
        hints = LeaderHints(service: keys, network: ground.network)
    }

    /// All of them until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await directory.run() }
            group.addTask { await placements.run() }
            group.addTask { await epochs.run() }
            group.addTask { await rotations.run() }
            group.addTask { await hints.run() }
            await group.waitForAll()
        }
    }
}
