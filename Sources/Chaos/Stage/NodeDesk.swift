import ClientAPI
import NIOCore
import SwiftProtobuf
import Topology
import UnaryGRPC

/// Asks each node itself, without failover, from where no fault of the network is in the way.
final class NodeDesk: Sendable {
    /// That a node leads a group, in its own words.
    struct Claim: Sendable, Hashable {
        let node: String
        /// Placement, or `directory`.
        let group: String
        let number: UInt64
        let term: UInt64
    }

    /// What the directory's group is called.
    static let directory = "directory"

    let names: [String]
    private let clients: [String: UnaryClient]

    /// Reads the identity that it asks under.
    init(_ topology: FederationTopology, identity: String, loop: any EventLoop) throws {
        names = topology.nodes.map(\.name)
        var clients: [String: UnaryClient] = [:]
        for node in topology.nodes {
            clients[node.name] = try Self.client(of: node, topology, identity: identity, loop: loop)
        }
        self.clients = clients
    }

    /// A connection to one node, which must show its certificate.
    static func client(
        of node: FederationTopology.Node, _ topology: FederationTopology, identity: String, loop: any EventLoop
    ) throws -> UnaryClient {
        let expected = topology.identity(of: node).uri
        var configuration = UnaryClientConfiguration()
        configuration.connectTimeout = .milliseconds(500)
        configuration.maximumBackoff = .milliseconds(250)
        return try UnaryClient(
            target: .tls(
                host: node.host, port: Int(node.apiPort), credentials: try TLSCredentials(directory: identity),
                accepts: { $0 == expected }),
            configuration: configuration, eventLoop: loop)
    }

    /// Nil if the node does not say in time.
    func status(of node: String, timeout: TimeAmount = .milliseconds(500)) async -> Claviger_V1_NodeStatusResponse? {
        guard let client = clients[node] else { return nil }
        do {
            let reply = try await client.call(FederationMethod.nodeStatus, ByteBuffer(), deadline: .now() + timeout)
            return try Claviger_V1_NodeStatusResponse(serializedBytes: Array(reply.readableBytesView))
        } catch {
            return nil
        }
    }

    /// What the node says that it leads; nil if it does not answer.
    func claims(of node: String) async -> [Claim]? {
        guard let status = await status(of: node) else { return nil }
        return status.groups.filter { $0.leader == node }.map { group in
            Claim(
                node: node, group: group.placement.isEmpty ? Self.directory : group.placement, number: group.id,
                term: group.term)
        }
    }

    /// Who leads a group: of the nodes that claim it the one with the highest term. Waits for one, ten seconds at most.
    func leader(of group: String) async throws -> Claim {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            let claims = await withTaskGroup(of: [Claim].self) { tasks in
                for node in names { tasks.addTask { await self.claims(of: node) ?? [] } }
                return await tasks.reduce(into: []) { $0 += $1 }
            }
            if let newest = claims.filter({ $0.group == group }).max(by: { $0.term < $1.term }) { return newest }
            guard ContinuousClock.now < end else { throw ChaosError(group, "nobody leads it") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func close() async {
        for name in names { await clients[name]?.close() }
    }
}
