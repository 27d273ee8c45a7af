import ClientAPI
import NIOCore
import SwiftProtobuf
import Topology
import UnaryGRPC

/// Brings a killed node back and says how long that took.
struct NodeRestart: Encodable, Sendable {
    let node: String
    /// From the start of the process to 200 from `/readyz`.
    let readyMilliseconds: Double
    /// From the start of the process to having applied what the leader had applied when it started.
    let caughtUpMilliseconds: Double?

    /// - Parameter awaitsLog: whether to wait until the node has caught up, for a minute at most.
    static func run(_ bench: BenchFederation, _ name: String, awaitsLog: Bool) async throws -> NodeRestart {
        guard let local = bench.local, let node = local.topology.node(named: name) else {
            throw BenchFailure("\(name) does not run on this machine")
        }
        let target = awaitsLog ? try await applied(bench, at: try await bench.leader()) : nil
        let clock = ContinuousClock()
        let start = clock.now
        func elapsed() -> Double { ((clock.now - start) / .milliseconds(1)).rounded() }
        let daemon = bench.daemon
        try await Blocking.run { try local.start([node], daemon: daemon) }
        let ready = elapsed()
        guard let target else { return NodeRestart(node: name, readyMilliseconds: ready, caughtUpMilliseconds: nil) }
        while clock.now - start < .seconds(60) {
            if let own = try await applied(bench, at: name), own >= target {
                return NodeRestart(node: name, readyMilliseconds: ready, caughtUpMilliseconds: elapsed())
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BenchFailure("\(name) has not caught up after a minute")
    }

    /// What the node has applied of the placement's log. Nil if it does not say.
    private static func applied(_ bench: BenchFederation, at name: String) async throws -> UInt64? {
        let connection = try await bench.node(name).client()
        let reply: ByteBuffer?
        do {
            reply = try await connection.call(FederationMethod.nodeStatus, ByteBuffer(), deadline: .now() + .seconds(2))
        } catch {
            reply = nil
        }
        await connection.close()
        guard let reply else { return nil }
        let status = try Claviger_V1_NodeStatusResponse(serializedBytes: Array(reply.readableBytesView))
        return status.groups.first { $0.placement == bench.placement }?.applied
    }
}
