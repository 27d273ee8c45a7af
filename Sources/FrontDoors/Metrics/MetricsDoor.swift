package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import UnaryGRPC

/// Whether the node can take calls, and why not. The text may be shown to anyone who reaches the metrics port.
package struct Readiness: Sendable {
    package var isReady: Bool
    package var reasons: [String]

    package init(isReady: Bool, reasons: [String]) {
        self.isReady = isReady
        self.reasons = reasons
    }
}

/// `GET /metrics`, `/livez` and `/readyz` over plain HTTP/1.1, for scrapers and probes. It tells no names of tenants or
/// keys.
package final class MetricsDoor: Sendable {
    private let channel: any Channel

    /// Listens on `host:port`. `/livez` is 200 as long as the event loops turn; `/readyz` is 200 or 503 with the
    /// reasons.
    ///
    /// - Parameters:
    ///   - group: best a loop of the door's own. Whoever reaches the port can keep it busy, and then delays no calls.
    ///   - watched: the loops that do the work, which must turn for the node to be alive.
    package static func open(
        on group: any EventLoopGroup, watching watched: [any EventLoop] = [], host: String, port: Int,
        metrics: @escaping @Sendable () -> String, readiness: @escaping @Sendable () -> Readiness
    ) async throws -> MetricsDoor {
        let metrics = RecentText(metrics)
        let room = ChannelRoom(limit: mostConnections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    room.enter(channel)
                    let pipeline = channel.pipeline.syncOperations
                    // Who does not read the answers is not read either.
                    try pipeline.addHandler(BackPressureHandler())
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(30)))
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(ProbeHandler(metrics: metrics, readiness: readiness, watched: watched))
                }
            }
            // All requests of one read are answered before the next: few of them fit into little.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1024))
        return MetricsDoor(channel: try await bootstrap.bind(host: host, port: port).get())
    }

    /// One more closes the oldest.
    private static let mostConnections = 64

    private init(channel: any Channel) { self.channel = channel }

    package var port: Int? { channel.localAddress?.port }

    package func close() async { try? await channel.close() }
}

/// A text that is made anew when somebody asks, though not more often than is of use: making it is work, and anyone may
/// ask.
private final class RecentText: Sendable {
    private static let age = TimeAmount.milliseconds(20)
    private let make: @Sendable () -> String
    private let last = Mutex<(made: NIODeadline, text: String)?>(nil)

    init(_ make: @escaping @Sendable () -> String) { self.make = make }

    var current: String {
        last.withLock { last in
            if let last, NIODeadline.now() - last.made < Self.age { return last.text }
            let text = make()
            last = (.now(), text)
            return text
        }
    }
}

/// Answers one probe at a time. A body, an unknown path or another method is refused and the connection closed.
private final class ProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let metrics: RecentText
    private let readiness: @Sendable () -> Readiness
    private let watched: [any EventLoop]
    private var request: HTTPRequestHead?
    private var bodyBytes = 0

    init(metrics: RecentText, readiness: @escaping @Sendable () -> Readiness, watched: [any EventLoop]) {
        self.metrics = metrics
        self.readiness = readiness
        self.watched = watched
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = head
            bodyBytes = 0
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > 4096 { context.close(promise: nil) }
        case .end:
            guard let head = request else { return }
            request = nil
            answer(head, in: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, in context: ChannelHandlerContext) {
        guard head.method == .GET || head.method == .HEAD else {
            return respond(.methodNotAllowed, "only GET is served here\n", "text/plain", to: head, in: context)
        }
        switch head.uri.prefix(while: { $0 != "?" }) {
        case "/metrics":
            respond(.ok, metrics.current, "text/plain; version=0.0.4; charset=utf-8", to: head, in: context)
        case "/livez": answerAlive(to: head, in: context)
        case "/readyz":
            let state = readiness()
            let text = state.isReady ? "ok\n" : state.reasons.map { "\($0)\n" }.joined()
            respond(state.isReady ? .ok : .serviceUnavailable, text, "text/plain", to: head, in: context)
        default: respond(.notFound, "served here: /metrics /livez /readyz\n", "text/plain", to: head, in: context)
        }
    }

    /// Once every watched loop has come round.
    private func answerAlive(to head: HTTPRequestHead, in context: ChannelHandlerContext) {
        let turns = watched.map { $0.submit {} }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        EventLoopFuture.andAllSucceed(turns, on: context.eventLoop).whenSuccess {
            let (handler, context) = bound.value
            guard context.channel.isActive else { return }
            handler.respond(.ok, "ok\n", "text/plain", to: head, in: context)
        }
    }

    private func respond(
        _ status: HTTPResponseStatus, _ text: String, _ type: String, to head: HTTPRequestHead,
        in context: ChannelHandlerContext
    ) {
        let body = context.channel.allocator.buffer(string: text)
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: type)
        headers.add(name: "content-length", value: "\(body.readableBytes)")
        if !head.isKeepAlive { headers.add(name: "connection", value: "close") }
        let response = HTTPResponseHead(version: head.version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        if !head.isKeepAlive {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
