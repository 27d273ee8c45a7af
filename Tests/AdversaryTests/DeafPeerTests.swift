import Adversary
import FrontDoors
import NIOCore
import NIOPosix
import Testing
import UnaryGRPC

/// Callers who ask and ask and never read an answer: the answers must not pile up in the server.
@Suite("Who does not read is not read", .timeLimit(.minutes(2)))
struct DeafPeerTests {
    /// Sends chunks to a server and reads nothing. True as soon as the server takes no more of it.
    private func stalls(_ address: SocketAddress, chunks: Int, _ chunk: (Int) -> [UInt8]) async throws -> Bool {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: 65_536)
            .channelOption(.autoRead, value: false)
            .connect(to: address).get()
        var isStalled = false
        for number in 0..<chunks where !isStalled {
            let sent = channel.eventLoop.makePromise(of: Void.self)
            let isStuck = channel.eventLoop.makePromise(of: Bool.self)
            channel.writeAndFlush(ByteBuffer(bytes: chunk(number)), promise: sent)
            let timer = channel.eventLoop.scheduleTask(in: .seconds(2)) { isStuck.succeed(true) }
            sent.futureResult.whenComplete { _ in
                timer.cancel()
                isStuck.succeed(false)
            }
            isStalled = try await isStuck.futureResult.get() && channel.isActive
            if !isStalled { try await sent.futureResult.get() }
        }
        channel.close(promise: nil)
        return isStalled
    }

    @Test("A server of calls")
    func calls() async throws {
        let path = "/tmp/deaf\(UInt32.random(in: 0 ... .max)).sock"
        let server = UnaryServer(services: [], group: MultiThreadedEventLoopGroup.singleton)
        try await server.listen(unixSocket: UnixSocketOptions(path: path))
        let isStalled = try await stalls(SocketAddress(unixDomainSocketPath: path), chunks: 60) { number in
            let first = number * 2000
            let requests = (first..<first + 2000).flatMap { index in
                HTTP2Bytes.request(
                    HTTP2Bytes.stream(index), block: HTTP2Bytes.block("/no.such/Method"), body: HTTP2Bytes.message([]))
            }
            return number == 0 ? HTTP2Bytes.opening + requests : requests
        }
        #expect(isStalled)
        await server.shutdown()
    }

    @Test("The port of the metrics")
    func metrics() async throws {
        let door = try await MetricsDoor.open(
            on: MultiThreadedEventLoopGroup.singleton, host: "127.0.0.1", port: 0, metrics: { "a 1\n" },
            readiness: { Readiness(isReady: true, reasons: []) })
        let request = Array("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n".utf8)
        let chunk = (0..<10_000).flatMap { _ in request }
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: try #require(door.port))
        #expect(try await stalls(address, chunks: 60) { _ in chunk })
        await door.close()
    }

    @Test("A crowd that only sits at the metrics keeps nobody out")
    func crowd() async throws {
        let door = try await MetricsDoor.open(
            on: MultiThreadedEventLoopGroup.singleton, host: "127.0.0.1", port: 0, metrics: { "a 1\n" },
            readiness: { Readiness(isReady: true, reasons: []) })
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: try #require(door.port))
        var crowd: [any Channel] = []
        for _ in 0..<80 {
            crowd.append(
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address).get())
        }
        // 64 are let in; for each one more the oldest goes.
        for channel in crowd.prefix(16) { try await channel.closeFuture.get() }
        for channel in crowd { channel.close(promise: nil) }
        await door.close()
    }
}
