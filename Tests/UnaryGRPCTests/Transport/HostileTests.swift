import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization
import Testing
import UnaryGRPC

/// Peers that break the rules. The server stays and serves others.
@Suite(.timeLimit(.minutes(2))) struct HostileTests {
    @Test func `a silent connection is closed after the handshake timeout`() async throws {
        var configuration = UnaryServerConfiguration()
        configuration.handshakeTimeout = .milliseconds(200)
        let test = try await TestServer(configuration)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: test.port).get()
        #expect(await eventually { !channel.isActive }, "the silent connection was not closed")
        // A handshake of the good client may take longer than that where the machine is busy; then it comes again.
        var persistent = UnaryClientConfiguration()
        persistent.waitsForReady = true
        let client = try test.client(persistent)
        _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon(60))
        await test.server.shutdown()
    }

    @Test func `silent connections that take all places give them up to who speaks`() async throws {
        var configuration = UnaryServerConfiguration()
        configuration.maximumConnections = 4
        configuration.handshakeTimeout = .minutes(10)
        let server = UnaryServer(
            services: [EchoService()], configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
        let path = "/tmp/h\(UInt32.random(in: 0 ... .max)).sock"
        try await server.listen(unixSocket: UnixSocketOptions(path: path))
        func client() throws -> UnaryClient {
            try UnaryClient(target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        }
        let before = try client()
        _ = try await before.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        // All at once, so that more than one loop looks for a place at a time.
        let silent = try await withThrowingTaskGroup(of: (any Channel).self) { group in
            for _ in 0..<60 {
                group.addTask {
                    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                        .connect(unixDomainSocketPath: path).get()
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // All but three had to go: the one that speaks has kept its place.
        #expect(await eventually { silent.count(where: { !$0.isActive }) == 57 })
        _ = try await before.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        let after = try (0..<3).map { _ in try client() }
        for client in after { _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon()) }
        #expect(await eventually { silent.allSatisfy { !$0.isActive } })
        // All speak now, so the next one has to wait until one leaves.
        let late = await failure { _ = try await client().call("/test.Echo/Echo", ByteBuffer(), deadline: soon()) }
        #expect(late == GRPCStatus(.unavailable))
        await after[0].close()
        #expect(await eventually { server.connectionCount == 3 })
        _ = try await client().call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        await server.shutdown()
    }

    @Test func `a crowd of silent connections keeps nobody out`() async throws {
        var configuration = UnaryServerConfiguration()
        configuration.maximumHandshakes = 4
        configuration.handshakeTimeout = .hours(1)
        let test = try await TestServer(configuration)
        var crowd = try await silent(12, at: test.port)
        // The oldest make room for the later ones; which those are is as the server's loops came to see them.
        let first = await closed(8, of: crowd)
        #expect(first == 8, "8 of the 12 silent connections were to make room, and nobody else")
        // Its handshake may take longer than a connect may where the machine is busy; then it comes again.
        var persistent = UnaryClientConfiguration()
        persistent.waitsForReady = true
        let client = try test.client(persistent)
        _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        // Who is through the handshake takes up no room there.
        crowd += try await silent(8, at: test.port)
        let second = await closed(16, of: crowd)
        #expect(second == 16, "16 of the 20 silent connections were to make room, and nobody else")
        _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        for channel in crowd { channel.close(promise: nil) }
        let last = await closed(20, of: crowd)
        #expect(last == 20, "the client's own ends were told to close")
        #expect(await ends { await test.server.shutdown() }, "the server's shutdown did not end")
    }

    /// Connections that say nothing. Each is there within the ten seconds that NIO gives it, or the test fails.
    private func silent(_ count: Int, at port: Int) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for _ in 0..<count {
            channels.append(
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(.seconds(10)).connect(host: "127.0.0.1", port: port).get())
        }
        return channels
    }

    /// How many are closed as soon as that many are, or after ten seconds.
    private func closed(_ wanted: Int, of channels: [any Channel]) async -> Int {
        _ = await eventually { channels.count(where: { !$0.isActive }) >= wanted }
        return channels.count(where: { !$0.isActive })
    }

    @Test func `garbage ends its connection only`() async throws {
        let test = try await TestServer()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: test.port).get()
        channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nhost: a\r\n\r\n"), promise: nil)
        #expect(await eventually { !channel.isActive }, "the connection that sent garbage was not closed")
        let client = try test.client()
        _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        await test.server.shutdown()
    }

    @Test func `a client without a certificate is refused`() async throws {
        let test = try await TestServer()
        #expect(
            try await handshake(test) {
                $0.certificateChain = []
                $0.privateKey = nil
            } == false)
        await test.server.shutdown()
    }

    @Test func `TLS 1_2 is refused`() async throws {
        let test = try await TestServer()
        #expect(try await handshake(test) { $0.maximumTLSVersion = .tlsv12 } == false)
        #expect(try await handshake(test) { _ in } == true)
        await test.server.shutdown()
    }

    @Test func `a certificate of another authority is refused`() async throws {
        let test = try await TestServer()
        let client = try test.client(as: try TestAuthority().issue(TestServer.caller))
        let status = await failure { _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon()) }
        #expect(status == GRPCStatus(.unavailable))
        await test.server.shutdown()
    }

    @Test(arguments: [[], ["spiffe://a/b", "spiffe://a/c"]])
    func `a certificate without exactly one URI name is refused`(names: [String]) async throws {
        let test = try await TestServer()
        let pem = try test.authority.pem(names)
        let credentials = try TLSCredentials(
            caPEM: Array(pem.ca.utf8), certificatePEM: Array(pem.certificate.utf8), keyPEM: Array(pem.key.utf8))
        let client = try test.client(as: credentials)
        let status = await failure { _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon()) }
        #expect(status == GRPCStatus(.unavailable))
        await test.server.shutdown()
    }

    @Test func `the client refuses a server with another name`() async throws {
        let test = try await TestServer()
        let client = try test.client(accepts: { $0 == "spiffe://claviger.local/region/us-east/node/b" })
        let status = await failure { _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon()) }
        #expect(status == GRPCStatus(.unavailable))
        #expect(status?.wasProcessed == false)
        await test.server.shutdown()
    }

    /// True if a call's worth of TLS works: the server's first HTTP/2 bytes arrive.
    private func handshake(_ test: TestServer, _ change: (inout TLSConfiguration) -> Void) async throws -> Bool {
        let credentials = try test.authority.issue(TestServer.caller)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = credentials.chain.map { .certificate($0) }
        configuration.privateKey = .privateKey(credentials.privateKey)
        configuration.trustRoots = .certificates(credentials.trustRoots)
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = ["h2"]
        change(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        let heard = HeardBytes()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil), ListeningHandler(heard))
                }
            }
            .connect(host: "127.0.0.1", port: test.port).get()
        let answered = await eventually { heard.count.load(ordering: .relaxed) > 0 || !channel.isActive }
        #expect(answered)
        try? await channel.close().get()
        return heard.count.load(ordering: .relaxed) > 0
    }
}

private final class HeardBytes: Sendable {
    let count = Atomic<Int>(0)
}

private final class ListeningHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let heard: HeardBytes

    init(_ heard: HeardBytes) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.count.add(unwrapInboundIn(data).readableBytes, ordering: .relaxed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
