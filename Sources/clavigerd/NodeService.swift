import Audit
import Cluster
import FrontDoors
import KeyModel
import KeyOperations
import KeyReplication
import Logging
import NIOCore
import NIOPosix
import Peering
import Raft
import ServiceLifecycle
import Telemetry
import Topology
import UnaryGRPC

/// Runs a node: starts its parts in the order of their dependencies, and on SIGTERM leaves without anybody noticing.
struct NodeService: Service {
    let node: Node
    let logger: Logger

    func run() async throws {
        let probeLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let probes = try await MetricsDoor.open(
            on: probeLoop, watching: Array(node.loops.makeIterator()), host: node.settings.node.host,
            port: Int(node.settings.node.metricsPort),
            metrics: { [metrics = node.metrics] in metrics.exposition() }, readiness: { [node] in node.readiness() })
        node.cluster.start()
        try await node.network.start(delegate: node.cluster)
        _ = try await node.doors.listen(
            host: node.settings.node.host, port: Int(node.settings.node.apiPort),
            credentials: node.credentials)
        logger.notice(
            "node started",
            metadata: [LogKey.nodeID: "\(node.settings.node.name)", LogKey.region: "\(node.settings.node.region)"])

        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work() }
            group.addTask { await watchRefusals() }
            group.addTask { await node.identityKeeper.run() }
            group.addTask { await node.isolation.run() }
            try? await gracefulShutdown()
            await leave()
            group.cancelAll()
        }
        await probes.close()
        await node.network.shutdown(goodbye: true)
        node.cluster.stop()
        node.audit.close()
        try? await node.loops.shutdownGracefully()
        try? await probeLoop.shutdownGracefully()
        logger.notice("node stopped")
    }

    private func work() async {
        await joinDirectory()
        await node.keepers.run()
    }

    /// Says what to do when peers turn this node away. A store that holds groups is never removed but by an operator.
    private func watchRefusals() async {
        var said: String?
        while !Task.isCancelled {
            let refusal = node.cluster.ledger.replacedDisk
            if let refusal, refusal != said {
                logger.critical(
                    "this node's disk is not the one that its peers know: \(node.wayBack)",
                    metadata: [LogKey.errorReason: "\(refusal)"])
            }
            said = refusal
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Leadership goes first, then the doors close to new calls and let running ones finish.
    private func leave() async {
        node.drainFlag.set()
        node.isolation.close()
        logger.notice("draining")
        await node.cluster.drain(timeout: .seconds(5))
        await node.doors.shutdown()
    }

    /// A fresh disk makes its replica of the directory only after enough others have accepted it: had this node been
    /// here before and lost its disk, at least one of them would know and turn it away.
    private func joinDirectory() async {
        guard node.cluster.gauge(of: DirectoryController.group) == nil else { return }
        let topology = node.settings.topology
        let founding = Node.directoryMembership(topology)
        let isFounder = node.cluster.replica.rawValue & 0xFFFF == 1
        let others = topology.nodes.count - 1
        let voters = founding.voters.count
        let needed = min(others, voters - (voters / 2 + 1) + 1)
        while !Task.isCancelled {
            if let seat = node.cluster.ledger.offeredSeat(namedBy: needed) { return await takeSeat(Seat(seat)) }
            let isRefused = node.cluster.ledger.replacedDisk != nil
            if !isRefused, node.cluster.ledger.met.count >= needed { break }
            try? await Task.sleep(for: .milliseconds(50))
        }
        guard !Task.isCancelled else { return }
        do {
            _ = try await node.cluster.createGroup(
                GroupSpecification(
                    group: DirectoryController.group, membership: isFounder ? founding : Membership(),
                    label: Array("directory".utf8)),
                machine: DirectoryReplica(view: node.directory))
        } catch {
            logger.critical("the directory's replica could not be made", metadata: [LogKey.errorReason: "\(error)"])
        }
    }

    /// Comes back as the incarnation that the directory gives: this process begins anew, and its next start makes room.
    private func takeSeat(_ seat: Seat) async {
        do {
            try seat.write(node.settings)
        } catch {
            logger.critical("the next incarnation cannot be written down", metadata: [LogKey.errorReason: "\(error)"])
            return
        }
        logger.notice("coming back as the next incarnation", metadata: ["incarnation": "\(seat.incarnation)"])
        await node.doors.shutdown()
        await node.network.shutdown(goodbye: true)
        node.cluster.stop()
        node.audit.close()
        Reincarnation.begin()
    }
}
