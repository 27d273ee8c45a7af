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

    /// Opens the store; an empty one is made this node's, under the incarnation that the directory gave it if it lost a disk.
    static func store(_ settings: NodeSettings) throws -> RocksDBStore {
        let store: RocksDBStore
        do throws(StorageError) {
            store = try RocksDBStore(path: settings.storePath, options: RocksDBStoreOptions())
        } catch {
            if case .lostAcknowledged = error {
                throw NodeFailure(
                    "\(error). This node must not vote again as it was: remove \(settings.data)/store, start it, and run "
                        + "`claviger node rejoin \(settings.node.name)`")
            }
            throw error
        }
        let cluster = settings.topology.clusterID
        if let identity = store.identity {
            guard identity.cluster == cluster, identity.node == settings.node.number else {
                throw NodeFailure("the store in \(settings.storePath) belongs to another cluster or node")
            }
            return store
        }
        let seat = try Seat.read(settings) ?? Seat(incarnation: 1, store: Seat.freshStore())
        try store.initialize(
            StoreIdentity(cluster: cluster, node: settings.node.number, incarnation: seat.incarnation, store: seat.store))
        return store
    }

    static func network(_ settings: NodeSettings, identity: StoreIdentity, sealingKey: [UInt8], logger: Logger) throws -> TLSPeerNetwork {
        let read = { (path: String) throws in Array(try TextFile.read(path, limit: 1 << 16).utf8) }
        let tls = try TLSIdentity(
            authorities: read(settings.identity.authorityPath), certificates: read(settings.identity.certificatePath),
            privateKey: read(settings.identity.keyPath))
        let node = settings.node
        let hello = PeerHello(
            cluster: identity.cluster, replica: identity.replica, store: identity.store, node: node.name, region: node.region,
            sealingKey: sealingKey)
        let peers = settings.topology.nodes.filter { $0.name != node.name }.map {
            PeerAddress(name: $0.name, region: $0.region, number: $0.number, host: $0.host, port: Int($0.peerPort))
        }
        return try TLSPeerNetwork(
            configuration: PeeringConfiguration(
                trustDomain: settings.topology.trustDomain, hello: hello, host: node.host, port: Int(node.peerPort)),
            identity: tls, peers: peers, logger: logger)
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

    static func log(_ notice: ShardNotice, to logger: Logger) {
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
                "leader's process died", metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.peerID: "\(leader.rawValue >> 16)"])
        case .snapshotInstalled(let group, let position):
            logger.notice(
                "snapshot installed",
                metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.raftIndex: "\(position.index.rawValue)"])
        case .halted(let group, let reason), .quarantined(let group, let reason):
            logger.critical(
                "group stopped", metadata: [LogKey.raftGroup: "\(group.rawValue)", LogKey.errorReason: "\(reason)"])
        }
    }
}

/// Under which incarnation an empty disk comes back: given by the directory after `claviger node rejoin`, kept in a small file
/// until the store is made.
struct Seat {
    var incarnation: UInt16
    var store: [UInt8]

    static func freshStore() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    private static func path(_ settings: NodeSettings) -> String { "\(settings.data)/seat" }

    static func read(_ settings: NodeSettings) throws -> Seat? {
        guard TextFile.exists(path(settings)) else { return nil }
        let words = try TextFile.read(path(settings), limit: 256).split(separator: " ")
        guard words.count == 2, let incarnation = UInt16(words[0]), let store = Hexadecimal.decode(String(words[1])), store.count == 16
        else { throw NodeFailure("\(path(settings)) is malformed") }
        return Seat(incarnation: incarnation, store: store)
    }

    func write(_ settings: NodeSettings) throws {
        try PrivateFile.write(
            "\(incarnation) \(Hexadecimal.encode(store))", to: Self.path(settings), mode: 0o600, replacing: true)
    }
}
