import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Synchronization
import Testing
import UnaryGRPC

/// Requests that no gRPC library would send, over a unix socket.
@Suite(.timeLimit(.minutes(1))) struct RawHTTP2Tests {
    private static let good: [(String, String)] = [
        (":method", "POST"), (":scheme", "http"), (":path", "/test.Echo/Echo"), (":authority", "localhost"),
        ("te", "trailers"), ("content-type", "application/grpc"),
    ]

    private func changed(_ name: String, _ value: String?) -> [(String, String)] {
        Self.good.filter { $0.0 != name || value != nil }.map { $0.0 == name ? ($0.0, value ?? "") : $0 }
    }

    /// Status lines (`:status`, `grpc-status`) of the answer to one request.
    private func answer(_ headers: [(String, String)], body: [UInt8]) async throws -> String {
        let path = "/tmp/raw\(UInt32.random(in: 0 ... .max)).sock"
        let server = UnaryServer(services: [EchoService()], group: MultiThreadedEventLoopGroup.singleton)
        try await server.listen(unixSocket: UnixSocketOptions(path: path))
        let seen = SeenHeaders()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOHTTP2Handler(mode: .client, headerBlockValidation: .disabled),
                        OneRequestHandler(headers: headers, body: body, seen: seen))
                }
            }
            .connect(unixDomainSocketPath: path).get()
        #expect(await eventually { seen.isEnded.load(ordering: .relaxed) || !channel.isActive })
        try? await channel.close().get()
        await server.shutdown()
        return seen.text.withLock { $0 }
    }

    @Test func `a well-formed request is answered`() async throws {
        #expect(try await answer(Self.good, body: [0, 0, 0, 0, 1, 7]) == "200 0")
    }

    @Test func `what is not gRPC gets a plain HTTP status`() async throws {
        #expect(try await answer(changed("content-type", "text/plain"), body: []) == "415")
        #expect(try await answer(changed("content-type", nil), body: []) == "415")
        #expect(try await answer(changed(":method", "GET"), body: []) == "405")
    }

    @Test func `bad headers get invalidArgument`() async throws {
        #expect(try await answer(changed("te", nil), body: [0, 0, 0, 0, 0]) == "200 3")
        for timeout in ["", "5", "S", "123456789S", "1x", "-1S"] {
            #expect(try await answer(Self.good + [("grpc-timeout", timeout)], body: [0, 0, 0, 0, 0]) == "200 3")
        }
    }

    @Test(
        arguments: [
            ([], "200 3"), ([0, 0], "200 3"), ([0, 0, 0, 0, 9, 1], "200 3"), ([0, 0, 0, 0, 0, 1], "200 3"),
            ([2, 0, 0, 0, 0], "200 3"), ([1, 0, 0, 0, 0], "200 12"), ([0, 0xFF, 0xFF, 0xFF, 0xFF], "200 8"),
        ] as [([UInt8], String)])
    func `a malformed body gets a status`(body: [UInt8], expected: String) async throws {
        #expect(try await answer(Self.good, body: body) == expected)
    }
}

private final class SeenHeaders: Sendable {
    let text = Mutex("")
    let isEnded = Atomic<Bool>(false)
}

private final class OneRequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame
    private let headers: [(String, String)]
    private let body: [UInt8]
    private let seen: SeenHeaders

    init(headers: [(String, String)], body: [UInt8], seen: SeenHeaders) {
        self.headers = headers
        self.body = body
        self.seen = seen
    }

    func channelActive(context: ChannelHandlerContext) {
        let head = HTTP2Frame(
            streamID: 1, payload: .headers(.init(headers: HPACKHeaders(headers), endStream: body.isEmpty)))
        context.write(wrapOutboundOut(head), promise: nil)
        if !body.isEmpty {
            let data = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(bytes: body)), endStream: true))
            context.write(wrapOutboundOut(HTTP2Frame(streamID: 1, payload: data)), promise: nil)
        }
        context.flush()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(let frame) = unwrapInboundIn(data).payload else { return }
        seen.text.withLock { text in
            for name in [":status", "grpc-status"] {
                if let value = frame.headers.first(name: name) { text += text.isEmpty ? value : " " + value }
            }
        }
        if frame.endStream { seen.isEnded.store(true, ordering: .relaxed) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
