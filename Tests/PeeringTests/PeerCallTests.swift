import Peering
import Raft
import Synchronization
import Testing
import Wire

/// Calls between nodes, on each implementation.
@Suite("Calls between peers", .timeLimit(.minutes(1)))
struct PeerCallTests {
    static let echo = PeerService(rawValue: 1)
    static let hang = PeerService(rawValue: 2)
    static let fail = PeerService(rawValue: 3)

    private func serve(_ node: TestNode) {
        node.network.serve(Self.echo) { _, body in body }
        node.network.serve(Self.hang) { _, _ in
            try await Task.sleep(for: .seconds(3600))
            return []
        }
        node.network.serve(Self.fail) { peer, _ in throw PeeringError.refused("not for \(peer.name)") }
    }

    @Test("Many calls at a time each get their own answer", arguments: TransportKind.allCases)
    func concurrent(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        serve(b)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<30 {
                group.addTask {
                    let body = Array(repeating: UInt8(number), count: number * 1000)
                    return try await a.network.call(Self.echo, on: b.replica, body: body, timeout: .seconds(30)) == body
                }
            }
            for try await isSame in group { #expect(isSame) }
        }
        #expect(b.network.statistics.callsServed == 30)
        await federation.stop(a, b)
    }

    @Test("A handler's refusal comes back in its words, an unknown service too", arguments: TransportKind.allCases)
    func failures(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        serve(b)
        await #expect(throws: PeeringError.refused("not for node-1")) {
            try await a.network.call(Self.fail, on: b.replica, body: [], timeout: .seconds(30))
        }
        await #expect(throws: PeeringError.refused("no such service")) {
            try await a.network.call(PeerService(rawValue: 77), on: b.replica, body: [], timeout: .seconds(30))
        }
        await federation.stop(a, b)
    }

    @Test("A call without an answer times out and the next one works", arguments: TransportKind.allCases)
    func timeout(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        serve(b)
        await #expect(throws: PeeringError.timedOut) {
            try await a.network.call(Self.hang, on: b.replica, body: [], timeout: .milliseconds(50))
        }
        #expect(try await a.network.call(Self.echo, on: b.replica, body: [5], timeout: .seconds(30)) == [5])
        await federation.stop(a, b)
    }

    @Test("Bodies over the limit are refused, at the limit they pass", arguments: TransportKind.allCases)
    func limits(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        serve(b)
        b.network.serve(PeerService(rawValue: 4)) { _, _ in Array(repeating: 0, count: WireLimits.callBytes + 1) }
        let limit = WireLimits.callBytes
        await #expect(throws: PeeringError.tooLarge(bytes: limit + 1, limit: limit)) {
            try await a.network.call(
                Self.echo, on: b.replica, body: Array(repeating: 1, count: limit + 1), timeout: .seconds(30))
        }
        let body = Array(repeating: UInt8(1), count: limit)
        #expect(try await a.network.call(Self.echo, on: b.replica, body: body, timeout: .seconds(30)) == body)
        await #expect(throws: PeeringError.refused("the answer is too large")) {
            try await a.network.call(PeerService(rawValue: 4), on: b.replica, body: [], timeout: .seconds(30))
        }
        await federation.stop(a, b)
    }

    @Test("A peer's calls beyond the allowed number at a time are refused", arguments: TransportKind.allCases)
    func bounded(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let a = try federation.node(1)
        let b = try federation.node(2) { $0.limits.concurrentCalls = 2 }
        serve(b)
        try await federation.start([a, b])
        await a.recorder.wait(until: { !$0.connected.isEmpty })
        let hanging = (0..<2).map { _ in
            Task { try await a.network.call(Self.hang, on: b.replica, body: [], timeout: .seconds(30)) }
        }
        try await eventually { b.network.statistics.callsServed == 2 }
        await #expect(throws: PeeringError.refused("too many calls at a time")) {
            try await a.network.call(Self.echo, on: b.replica, body: [], timeout: .seconds(30))
        }
        #expect(b.network.statistics.callsRefused == 1)
        await b.network.shutdown(goodbye: false)
        for task in hanging {
            await #expect(throws: PeeringError.notConnected) { try await task.value }
        }
        await federation.stop(a)
    }

    @Test("A call to nobody, a dead peer or another incarnation is not connected", arguments: TransportKind.allCases)
    func nobody(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        serve(b)
        for replica in [ReplicaID.none, ReplicaID(99 << 16 | 1), ReplicaID(b.replica.rawValue + 1)] {
            await #expect(throws: PeeringError.notConnected) {
                try await a.network.call(Self.echo, on: replica, body: [], timeout: .seconds(30))
            }
        }
        await b.network.shutdown(goodbye: false)
        await #expect(throws: PeeringError.notConnected) {
            try await a.network.call(Self.echo, on: b.replica, body: [], timeout: .seconds(30))
        }
        await a.network.shutdown(goodbye: true)
        await #expect(throws: PeeringError.notConnected) {
            try await a.network.call(Self.echo, on: b.replica, body: [], timeout: .seconds(30))
        }
    }
}
