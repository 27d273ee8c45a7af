import NIOCore
import NIOPosix
import Synchronization
import Testing
import UnaryGRPC

/// More of one thing than any good client sends. Each ends its own connection; a client beside it sees nothing.
@Suite(.timeLimit(.minutes(2))) struct FloodTests {
    struct Flood: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
    }

    private static func flood(_ name: String, _ bytes: [UInt8]) -> Flood {
        Flood(testDescription: name, bytes: RawFrames.preface + bytes)
    }

    private static func many(_ count: Int, _ make: (Int) -> [UInt8]) -> [UInt8] { (0..<count).flatMap(make) }

    private static let head = RawFrames.request("/test.Echo/Hold")
    private static let padding = String(repeating: "x", count: 4000)

    static let floods = [
        flood("PING", many(1000) { _ in RawFrames.frame(.ping, [UInt8](repeating: 0, count: 8)) }),
        flood("SETTINGS", many(1000) { _ in RawFrames.frame(.settings, [0, 3, 0, 0, 0, 100]) }),
        flood(
            "streams that are reset at once",
            many(400) { index in
                let stream = UInt32(2 * index + 1)
                return RawFrames.frame(.headers, flags: RawFrames.endHeaders, stream: stream, head)
                    + RawFrames.frame(.reset, stream: stream, [0, 0, 0, 8])
            }),
        flood(
            "CONTINUATION",
            RawFrames.frame(.headers, stream: 1, head)
                + many(1000) { _ in RawFrames.frame(.continuation, stream: 1, RawFrames.literal("a", "b")) }),
        flood("CONTINUATION without HEADERS", RawFrames.frame(.continuation, stream: 1, head)),
        flood(
            "a list of headers above the limit",
            RawFrames.frame(.headers, stream: 1, head)
                + many(3) { _ in RawFrames.frame(.continuation, stream: 1, RawFrames.literal("a", padding)) }
                + many(2) { _ in
                    RawFrames.frame(
                        .continuation, flags: RawFrames.endHeaders, stream: 1, RawFrames.literal("a", padding))
                }),
        flood(
            "few bytes that unpack to a long list of headers",
            RawFrames.frame(
                .headers, flags: RawFrames.endHeaders, stream: 1,
                head + RawFrames.indexed("a", padding) + [UInt8](repeating: 0xBE, count: 8000))),
        flood(
            "empty DATA",
            RawFrames.frame(.headers, flags: RawFrames.endHeaders, stream: 1, head)
                + many(1000) { _ in RawFrames.frame(.data, stream: 1) }),
        flood("a frame above the limit", RawFrames.frame(.ping, [UInt8](repeating: 0, count: 20_000))),
        flood("a window beyond its end", RawFrames.frame(.windowUpdate, [0x7F, 0xFF, 0xFF, 0xFF])),
        flood("a window that does not grow", RawFrames.frame(.windowUpdate, [0, 0, 0, 0])),
    ]

    @Test(arguments: floods)
    func `a flood ends its connection only`(flood: Flood) async throws {
        var configuration = UnaryServerConfiguration()
        configuration.maximumResets = 100
        configuration.maximumControlFrames = 500
        let echo = EchoService()
        let server = UnaryServer(
            services: [echo], configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
        let path = "/tmp/f\(UInt32.random(in: 0 ... .max)).sock"
        try await server.listen(unixSocket: UnixSocketOptions(path: path))
        let client = try UnaryClient(
            target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        let beside = Task { try await client.call("/test.Echo/Hold", ByteBuffer(string: "held"), deadline: soon(60)) }
        #expect(await eventually { echo.held.load(ordering: .relaxed) == 1 })

        #expect(try await RawFrames.answer(at: path, to: flood.bytes) != nil)

        #expect(await eventually { server.connectionCount == 1 })
        echo.releaseAll()
        #expect(try await beside.value == ByteBuffer(string: "held"))
        _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        await client.close()
        await server.shutdown()
    }
}
