import Peering
import Raft
import Testing
import Wire

/// What only the loopback hub can do to a connection.
@Suite("Broken links", .timeLimit(.minutes(1)))
struct LoopbackTests {
    @Test("A silent link is found by probes on both sides, closed and, once healed, opened again")
    func partition() async throws {
        let federation = try TestFederation(.loopback)
        let (a, b) = try await federation.pair()
        await federation.hub.partition("node-1", "node-2")
        for node in [a, b] {
            await node.recorder.wait(until: { !$0.disconnected.isEmpty })
            #expect(node.recorder.record.disconnected == [.closed])
        }
        await federation.hub.heal("node-1", "node-2")
        await a.recorder.wait(until: { $0.connected.count == 2 })
        await federation.stop(a, b)
    }

    @Test("An idle link stays open by its probes")
    func idle() async throws {
        let federation = try TestFederation(.loopback)
        let (a, b) = try await federation.pair()
        // More bytes than the hellos took can only be probes; enough of them span several silence limits.
        let before = a.network.statistics.bytesReceived
        try await eventually { a.network.statistics.bytesReceived > before + 200 }
        #expect(a.recorder.record.disconnected.isEmpty && b.recorder.record.disconnected.isEmpty)
        await federation.stop(a, b)
    }

    @Test("A cut is a reset for both ends and hits only the pair")
    func cut() async throws {
        let federation = try TestFederation(.loopback)
        let nodes = [try federation.node(1), try federation.node(2), try federation.node(3)]
        try await federation.start(nodes)
        for node in nodes { await node.recorder.wait(until: { $0.connected.count == 2 }) }
        await federation.hub.cut("node-1", "node-2")
        for node in nodes[..<2] {
            await node.recorder.wait(until: { !$0.disconnected.isEmpty })
            #expect(node.recorder.record.disconnected.first == .reset)
        }
        #expect(nodes[2].recorder.record.disconnected.isEmpty)
        for node in nodes { await node.network.shutdown(goodbye: true) }
    }
}
