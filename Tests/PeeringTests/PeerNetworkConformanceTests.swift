import Peering
import Raft
import Synchronization
import Testing
import Wire

/// What every peer network does, run on each implementation.
@Suite("Peer networks", .timeLimit(.minutes(1)))
struct PeerNetworkConformanceTests {
    @Test("Two nodes connect and know each other by certificate and hello", arguments: TransportKind.allCases)
    func connect(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = (try federation.node(1), try federation.node(2))
        try await federation.start([a, b])
        await a.recorder.wait(until: { !$0.connected.isEmpty })
        #expect(a.recorder.record.connected == [PeerIdentity(name: "node-2", region: "region-2", replica: b.replica)])
        #expect(a.recorder.record.hellos.first?.replica == b.replica)
        #expect(a.network.isConnected(to: b.replica))
        #expect(!a.network.isConnected(to: ReplicaID(b.replica.rawValue + 1)))
        #expect(a.network.statistics.connectedPeers == 1)
        await federation.stop(a, b)
    }

    @Test("Frames arrive once and in the order sent", arguments: TransportKind.allCases)
    func order(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        for burst in 0..<100 {
            a.network.send((0..<20).map { a.frame(to: b, index: UInt64(burst * 20 + $0), payload: $0) }, to: b.replica)
        }
        await b.recorder.wait(until: { $0.frames.count >= 2000 })
        let expected = (0..<2000).map { a.frame(to: b, index: UInt64($0), payload: $0 % 20) }
        #expect(b.recorder.record.frames == expected)
        #expect(a.network.statistics.framesSent == 2000)
        await federation.stop(a, b)
    }

    @Test("Frames as large as an append may be arrive whole", arguments: TransportKind.allCases)
    func large(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        let frames = (0..<6).map { index in
            PeerFrame.message(
                group: GroupID(1),
                Message(
                    kind: .propose, to: b.replica, from: a.replica, index: LogIndex(UInt64(index)),
                    entries: (0..<16).map { _ in
                        LogEntry(payload: Array(repeating: UInt8(index), count: WireLimits.entryPayloadBytes))
                    }))
        }
        a.network.send(frames, to: b.replica)
        await b.recorder.wait(until: { $0.frames.count == 6 })
        #expect(b.recorder.record.frames == frames)
        await federation.stop(a, b)
    }

    @Test("What exceeds a peer's queue is dropped and counted", arguments: TransportKind.allCases)
    func boundedQueue(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let a = try federation.node(1) { $0.limits.queueBytes = 100_000 }
        let b = try federation.node(2)
        try await federation.start([a, b])
        await a.recorder.wait(until: { !$0.connected.isEmpty })
        a.network.send((0..<100).map { a.frame(to: b, index: $0, payload: 10_000) }, to: b.replica)
        await b.recorder.wait(until: { $0.frames.count == 9 })
        #expect(a.network.statistics.framesDropped == 91)
        await federation.stop(a, b)
    }

    @Test("Frames for a stranger or another incarnation are dropped", arguments: TransportKind.allCases)
    func incarnation(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        a.network.send([a.frame(to: b, index: 1)], to: ReplicaID(b.replica.rawValue + 1))
        a.network.send([a.frame(to: b, index: 2)], to: ReplicaID(99 << 16 | 1))
        a.network.send([a.frame(to: b, index: 3)], to: .none)
        a.network.send([a.frame(to: b, index: 4)], to: b.replica)
        await b.recorder.wait(until: { !$0.frames.isEmpty })
        #expect(b.recorder.record.frames == [a.frame(to: b, index: 4)])
        #expect(a.network.statistics.framesDropped == 3)
        await federation.stop(a, b)
    }

    @Test(
        "A frame that names another sender or receiver than its connection is dropped",
        arguments: TransportKind.allCases)
    func misaddressed(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        let forged = PeerFrame.beats([], from: ReplicaID(3 << 16 | 1), to: b.replica)
        let astray = PeerFrame.beats([], from: a.replica, to: ReplicaID(3 << 16 | 1))
        a.network.send([forged, astray, a.frame(to: b, index: 1)], to: b.replica)
        await b.recorder.wait(until: { !$0.frames.isEmpty })
        #expect(b.recorder.record.frames == [a.frame(to: b, index: 1)])
        #expect(b.network.statistics.framesMisaddressed == 2)
        await federation.stop(a, b)
    }

    @Test(
        "A peer whose process dies is reset, one that says goodbye is closed", arguments: TransportKind.allCases,
        [true, false])
    func disconnects(_ kind: TransportKind, goodbye: Bool) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        await b.network.shutdown(goodbye: goodbye)
        await a.recorder.wait(until: { !$0.disconnected.isEmpty })
        #expect(a.recorder.record.disconnected == [goodbye ? .closed : .reset])
        #expect(!a.network.isConnected(to: b.replica))
        await federation.stop(a)
    }

    @Test("After its connections broke a peer is connected again", arguments: TransportKind.allCases)
    func reconnect(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        for round in 1...3 {
            b.network.severConnections()
            await a.recorder.wait(until: { $0.connected.count > round && $0.disconnected.count >= round })
            try await eventually { a.network.isConnected(to: b.replica) && b.network.isConnected(to: a.replica) }
        }
        #expect(a.recorder.record.disconnected.contains(.reset))
        await federation.stop(a, b)
    }

    @Test("A restarted peer with a new incarnation replaces the old one", arguments: TransportKind.allCases)
    func restart(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        let port = try #require(b.network.localPort)
        await b.network.shutdown(goodbye: false)
        let reborn = try federation.node(2, incarnation: 2, port: port)
        try await reborn.start()
        try reborn.network.update(peers: [a.address])
        await a.recorder.wait(until: { $0.connected.count == 2 })
        #expect(a.recorder.record.connected.map(\.replica) == [b.replica, reborn.replica])
        #expect(a.recorder.record.disconnected == [.reset])
        a.network.send([a.frame(to: reborn, index: 9)], to: reborn.replica)
        await reborn.recorder.wait(until: { !$0.frames.isEmpty })
        await federation.stop(a, reborn)
    }

    @Test("A peer taken out of the address book is told and stays out", arguments: TransportKind.allCases)
    func removal(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = try await federation.pair()
        try a.network.update(peers: [])
        await b.recorder.wait(until: { !$0.disconnected.isEmpty && !$0.refusals.isEmpty })
        #expect(b.recorder.record.disconnected == [.refused("no longer in the address book")])
        #expect(a.recorder.record.disconnected == [.closed])
        #expect(!a.network.isConnected(to: b.replica))
        await federation.stop(a, b)
    }
}
