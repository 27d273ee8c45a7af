import Cluster
import Glibc
import KeyCrypto
import Logging
import Peering
import Raft
import Storage
import Telemetry
import Topology
import Wire

/// How each part is made from the settings.
extension Node {
    static func seal(_ settings: NodeSettings) throws -> any Seal {
        guard let path = settings.passphrasePath else {
            return try DevFileSeal(path: "\(settings.secretsPath)/dev-seal.key", isProduction: settings.isProduction)
        }
        var bytes = Array(try TextFile.read(path, limit: 4096).utf8)
        while let last = bytes.last, last == 10 || last == 13 { bytes.removeLast() }
        return try PassphraseSeal(passphrase: SecretBytes(wiping: &bytes))
    }

    /// Opens the store; an empty one is made this node's, under the incarnation that the directory gave it if it lost a
    /// disk.
    static func store(_ settings: NodeSettings) throws -> RocksDBStore {
        var store = try openStore(settings)
        let seat = try Seat.read(settings)
        if let identity = store.identity {
            guard identity.cluster == settings.topology.clusterID, identity.node == settings.node.number else {
                throw NodeFailure("the store in \(settings.storePath) belongs to another cluster or node")
            }
            guard let seat, try seat.mayReplace(store, of: identity) else {
                try Seat.discard(settings)
                return store
            }
            store.close()
            try Seat.removeStore(settings)
            store = try openStore(settings)
        }
        try Seat.clearEpochKeys(settings, isForSeat: seat != nil)
        let taken = seat ?? Seat(incarnation: 1, store: Seat.freshStore())
        try store.initialize(
            StoreIdentity(
                cluster: settings.topology.clusterID, node: settings.node.number, incarnation: taken.incarnation,
                store: taken.store))
        try Seat.discard(settings)
        return store
    }

    private static func openStore(_ settings: NodeSettings) throws -> RocksDBStore {
        do throws(StorageError) {
            return try RocksDBStore(path: settings.storePath, options: RocksDBStoreOptions())
        } catch {
            if case .lostAcknowledged = error {
                throw NodeFailure("\(error). This node must not vote again as it was: \(settings.wayBack)")
            }
            throw error
        }
    }

    static func network(
        _ settings: NodeSettings, identity: StoreIdentity, material: IdentityMaterial, sealingKey: [UInt8],
        logger: Logger
    ) throws -> TLSPeerNetwork {
        let node = settings.node
        let hello = PeerHello(
            cluster: identity.cluster, replica: identity.replica, store: identity.store, node: node.name,
            region: node.region,
            sealingKey: sealingKey)
        let peers = settings.topology.nodes.filter { $0.name != node.name }.map {
            PeerAddress(name: $0.name, region: $0.region, number: $0.number, host: $0.host, port: Int($0.peerPort))
        }
        return try TLSPeerNetwork(
            configuration: PeeringConfiguration(
                trustDomain: settings.topology.trustDomain, hello: hello, host: node.host, port: Int(node.peerPort)),
            identity: try TLSIdentity(material), peers: peers, logger: logger)
    }

    static func shard(_ settings: NodeSettings, replica: ReplicaID) throws -> ShardConfiguration {
        var generator = SystemRandomNumberGenerator()
        var configuration = ShardConfiguration(replica: replica, seed: generator.next(), session: generator.next())
        let timing = settings.topology.timing
        configuration.tick = UInt64(timing.tick / .nanoseconds(1))
        configuration.heartbeatTicks = timing.heartbeatTicks
        configuration.electionTicks = timing.electionTicks
        return configuration
    }

    /// Who is in the directory at first: the topology's voters, and everybody else as learners.
    static func directoryMembership(_ topology: FederationTopology) -> Membership {
        let replica = { (node: FederationTopology.Node) in ReplicaID(UInt64(node.number) << 16 | 1) }
        let voters = topology.nodes.filter { topology.directoryVoters.contains($0.name) }.map(replica)
        let learners = topology.nodes.filter { !topology.directoryVoters.contains($0.name) }.map(replica)
        return Membership(voters: voters.sorted(), learners: learners.sorted())
    }

    static func log(_ notice: ShardNotice, to logger: Logger, wayBack: String) {
        switch notice {
        case .leaderChanged(let group, let term, let leader):
            logger.notice(
                "leader changed",
                metadata: [
                    LogKey.raftGroup: "\(group.rawValue)", LogKey.raftTerm: "\(term.rawValue)",
                    LogKey.peerID: "\(leader.rawValue >> 16).\(leader.rawValue & 0xFFFF)",
                ])
        case .leaderDied(let group, let leader):
            logger.notice(
                "leader's process died",
                metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.peerID: "\(leader.rawValue >> 16)"])
        case .steppedAside(let group, let replica, let sync):
            logger.warning(
                "this node's disk is slow, another node shall lead",
                metadata: [
                    LogKey.raftGroup: "\(group.rawValue)", LogKey.peerID: "\(replica.rawValue >> 16)",
                    LogKey.durationMilliseconds: "\(sync / 1_000_000)",
                ])
        case .snapshotInstalled(let group, let position):
            logger.notice(
                "snapshot installed",
                metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.raftIndex: "\(position.index.rawValue)"])
        case .halted(let group, let reason):
            logger.critical(
                "group stopped", metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.errorReason: "\(reason)"])
        case .quarantined(let group, let reason):
            logger.critical(
                "this node lost acknowledged state: \(wayBack)",
                metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.errorReason: "\(reason)"])
        }
    }
}
