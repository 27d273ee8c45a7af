import Foundation
import NIOSSL
import Peering
import Raft
import Testing
import Wire

/// Strangers and broken peers at the TLS port, with a healthy pair beside them.
@Suite("Hostile peers", .timeLimit(.minutes(1)))
struct HostilePeerTests {
    /// Runs `body` against node 1 of a healthy pair, then checks that the pair never noticed.
    private func beside(_ body: (TestFederation, TestNode, Int) async throws -> Void) async throws {
        let federation = try TestFederation(.tls)
        let (a, b) = try await federation.pair()
        try a.network.update(peers: [
            b.address, PeerAddress(name: "node-5", region: "region-5", number: 5, host: "127.0.0.1", port: 1),
        ])
        try await body(federation, a, try #require(a.network.localPort))
        b.network.send([b.frame(to: a, index: 77)], to: a.replica)
        await a.recorder.wait(until: { !$0.frames.isEmpty })
        #expect(a.recorder.record.disconnected.isEmpty)
        #expect(a.recorder.record.connected.map(\.name) == ["node-2"])
        await federation.stop(a, b)
    }

    private func client(
        of issuer: TestIssuer, trusting trusted: TestIssuer? = nil, uris: [String] = [TestFederation.uri(5)],
        validUntil: Date = Date() + 3600
    ) throws -> TLSConfiguration {
        let issued = try issuer.issue(uris, validUntil: validUntil)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(try (trusted ?? issuer).authorities))
        tls.certificateVerification = .noHostnameVerification
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(issued.certificate).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: issued.key, format: .pem))
        return tls
    }

    private func framed(_ bytes: [UInt8]) -> [UInt8] {
        let length = UInt32(bytes.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + bytes
    }

    private func opening(_ number: UInt64 = 5) throws -> [UInt8] {
        framed(
            try PeerEnvelope.opening(
                TestFederation.configuration(number).hello, purpose: .consensus, process: 1
            ).wireBytes())
    }

    @Test("Noise instead of TLS is closed and counted")
    func noise() async throws {
        try await beside { _, node, port in
            for count in [1, 5, 100, 10_000] {
                let client = try await RawClient(port: port)
                await client.send((0..<count).map { _ in UInt8.random(in: 0...255) })
                _ = try await client.ended()
            }
            #expect(node.network.statistics.refusals.values.reduce(0, +) >= 4)
        }
    }

    @Test("A silent connection is closed after the handshake's time, before and after TLS")
    func silent() async throws {
        try await beside { federation, node, port in
            let plain = try await RawClient(port: port)
            let secured = try await RawClient(port: port, tls: try client(of: federation.issuer))
            _ = try await plain.ended()
            _ = try await secured.ended()
            #expect(node.network.statistics.refusals[.handshakeTimeout] == 2)
        }
    }

    @Test("A crowd of silent connections keeps no peer out")
    func crowd() async throws {
        let federation = try TestFederation(.tls)
        let adjust = { (configuration: inout PeeringConfiguration) in
            configuration.timing.handshake = .seconds(3600)
            configuration.limits.pendingHandshakes = 4
        }
        let (a, b) = (try federation.node(1, adjust: adjust), try federation.node(2))
        try await a.start()
        let port = try #require(a.network.localPort)
        var crowd: [RawClient] = []
        for _ in 0..<12 { crowd.append(try await RawClient(port: port)) }
        for client in crowd.prefix(8) { _ = try await client.ended() }
        #expect(a.network.statistics.refusals[.overload] == 8)
        try await b.start()
        try federation.introduce([a, b])
        await a.recorder.wait(until: { !$0.connected.isEmpty })
        for client in crowd { try await client.close() }
        await federation.stop(a, b)
    }

    @Test("A peer that does not read the answers to its probes is not read either, and given up in the end")
    func deaf() async throws {
        let federation = try TestFederation(.tls)
        let (a, b) = try await federation.pair()
        let five = PeerAddress(name: "node-5", region: "region-5", number: 5, host: "127.0.0.1", port: 1)
        try a.network.update(peers: [b.address, five])
        let client = try await RawClient(
            port: try #require(a.network.localPort), tls: try client(of: federation.issuer), receiveBuffer: 65_536)
        await client.send(try opening() + framed(try PeerEnvelope.welcome.wireBytes()))
        try await client.deafen()
        let probe = framed(try PeerEnvelope.probe(isAnswer: false).wireBytes())
        let chunk = (0..<100_000).flatMap { _ in probe }
        #expect(try await client.stalls(within: 40, chunk: chunk))
        _ = try await client.ended()
        await a.recorder.wait(until: { !$0.disconnected.isEmpty })
        #expect(a.recorder.record.disconnected == [.closed])
        #expect(a.network.isConnected(to: b.replica))
        await federation.stop(a, b)
    }

    @Test(
        "A length prefix beyond the limit is refused before the bytes come",
        arguments: [UInt32.max, (1 << 20) + 1] as [UInt32])
    func hugePrefix(_ length: UInt32) async throws {
        try await beside { federation, node, port in
            let client = try await RawClient(port: port, tls: try client(of: federation.issuer))
            await client.send((0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) })
            _ = try await client.ended()
            #expect(node.network.statistics.refusals[.tooLarge] == 1)
        }
    }

    @Test("A frame before the hello, a second hello, and noise in a frame are refused")
    func disorder() async throws {
        try await beside { federation, node, port in
            let early = try PeerEnvelope.frame(.beats([], from: ReplicaID(5 << 16 | 1), to: node.replica)).wireBytes()
            for bytes in [framed(early), try opening() + opening(), framed([0xFF, 0xFF]), framed([])] {
                let client = try await RawClient(port: port, tls: try client(of: federation.issuer))
                await client.send(bytes)
                _ = try await client.ended()
            }
            #expect(node.network.statistics.refusals[.unexpectedFrame] == 2)
            #expect(node.network.statistics.refusals[.malformed] == 2)
        }
    }

    @Test("A hello cut off in the middle does no harm")
    func truncated() async throws {
        try await beside { federation, node, port in
            let bytes = try opening()
            for length in stride(from: 1, to: bytes.count, by: 7) {
                let client = try await RawClient(port: port, tls: try client(of: federation.issuer))
                await client.send(Array(bytes[..<length]))
                try await client.close()
            }
            #expect(node.recorder.record.connected.count == 1)
        }
    }

    @Test("A hello under another node's certificate is refused with the reason")
    func borrowedName() async throws {
        try await beside { federation, node, port in
            let client = try await RawClient(port: port, tls: try client(of: federation.issuer))
            await client.send(try opening(2))
            let answer = try await client.ended()
            #expect(node.network.statistics.refusals[.identity] == 1)
            let reason = try PeerEnvelope(wireBytes: Array(answer.dropFirst(4)))
            #expect(reason == .refusal("the hello names another node or region than the certificate"))
        }
    }

    @Test("No certificate, another authority's, an expired one and TLS 1.2 are refused")
    func badTLS() async throws {
        try await beside { federation, node, port in
            var anonymous = try client(of: federation.issuer)
            anonymous.certificateChain = []
            anonymous.privateKey = nil
            var old = try client(of: federation.issuer)
            old.maximumTLSVersion = .tlsv12
            let foreign = try client(of: try TestIssuer(), trusting: federation.issuer)
            let expired = try client(of: federation.issuer, validUntil: Date() - 60)
            for tls in [anonymous, old, foreign, expired] {
                let client = try await RawClient(port: port, tls: tls)
                await client.send(try opening())
                _ = try await client.ended()
            }
            try await eventually { node.network.statistics.refusals[.tls, default: 0] >= 4 }
        }
    }

    @Test("A node refuses to talk to a listener of another authority")
    func foreignListener() async throws {
        let (one, other) = (try TestFederation(.tls), try TestFederation(.tls))
        let (a, stranger) = (try one.node(1), try other.node(2))
        try await a.start()
        try await stranger.start()
        try a.network.update(peers: [stranger.address])
        try await eventually { a.network.statistics.refusals[.tls, default: 0] > 0 }
        #expect(a.recorder.record.connected.isEmpty && stranger.recorder.record.connected.isEmpty)
        await one.stop(a)
        await other.stop(stranger)
    }

    @Test("After a reload new connections show the new certificate")
    func reload() async throws {
        let federation = try TestFederation(.tls)
        let node = try federation.node(1)
        let network = try #require(node.network as? TLSPeerNetwork)
        try await node.start()
        let port = try #require(network.localPort)
        let first = try await serverCertificate(port, federation.issuer)
        try network.reload(identity: try federation.issuer.identity([TestFederation.uri(1)]))
        let second = try await serverCertificate(port, federation.issuer)
        #expect(first != second)
        #expect(throws: PeeringError.self) {
            try TLSIdentity(authorities: [], certificates: [], privateKey: Array("not a key".utf8))
        }
        await federation.stop(node)
    }

    private func serverCertificate(_ port: Int, _ issuer: TestIssuer) async throws -> [UInt8] {
        let client = try await RawClient(port: port, tls: try client(of: issuer))
        // The node ends the connection, once TLS is up, as one from a stranger.
        _ = try await client.ended()
        return try #require(client.serverCertificate)
    }
}
