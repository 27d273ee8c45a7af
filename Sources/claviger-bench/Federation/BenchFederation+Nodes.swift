import ClientAPI
import NIOCore
import NIOPosix
import Topology
import UnaryGRPC

/// One node to load, and its process if it runs here.
struct BenchNode: Sendable {
    let name: String
    let target: UnaryTarget
    let pid: Int32?
}

extension BenchFederation {
    /// The pids of all nodes that run here.
    var pids: [Int32] {
        guard let local else { return [] }
        return local.topology.nodes.compactMap { local.process(of: $0).pid() }
    }

    /// The node that leads the placement, as the federation says; waits for one.
    func leader() async throws -> String {
        for _ in 0..<120 {
            if let answer = try? await client.describeFederation(timeout: .seconds(2)),
                let placement = answer.placements.first(where: { $0.name == placement }), !placement.leader.isEmpty
            {
                return placement.leader
            }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw BenchFailure("no node leads the placement \(placement)")
    }

    /// The named node.
    func node(_ name: String) async throws -> BenchNode {
        let answer = try await client.describeFederation(timeout: .seconds(5))
        guard let node = answer.nodes.first(where: { $0.name == name }) else {
            throw BenchFailure("there is no node \(name)")
        }
        let identity = "spiffe://\(trustDomain)/region/\(node.region)/node/\(node.name)"
        let own = local?.topology.node(named: name)
        return BenchNode(
            name: name,
            target: .tls(
                host: own?.host ?? node.api.host, port: own.map { Int($0.apiPort) } ?? Int(node.api.port),
                credentials: credentials, accepts: { $0 == identity }),
            pid: own.flatMap { local?.process(of: $0).pid() })
    }

    /// The nodes that hold the placement.
    func holders() async throws -> [BenchNode] {
        let answer = try await client.describeFederation(timeout: .seconds(5))
        guard let placement = answer.placements.first(where: { $0.name == placement }) else {
            throw BenchFailure("there is no placement \(placement)")
        }
        var nodes: [BenchNode] = []
        for name in placement.holders { nodes.append(try await node(name)) }
        return nodes
    }

    /// A generator of load for one node.
    func generator(for node: BenchNode) -> LoadGenerator {
        LoadGenerator(subject: "claviger", target: node.target, server: node.pid.map { [$0] } ?? [], servers: pids)
    }
}

extension BenchNode {
    /// Makes a connection for single calls.
    func client() throws -> UnaryClient {
        var configuration = UnaryClientConfiguration()
        configuration.waitsForReady = true
        return try UnaryClient(
            target: target, configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    }
}
