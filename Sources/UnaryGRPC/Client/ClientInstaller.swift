import NIOCore
import NIOHTTP2
import NIOSSL
import NIOTLS

/// Puts TLS, the check of the server's name and HTTP/2 into a client channel.
struct ClientInstaller: Sendable {
    let target: UnaryTarget
    let tls: NIOSSLContext?

    func install(_ channel: any Channel, _ connection: ClientConnection, onRefusal: @escaping () -> Void) throws {
        guard case .tls(_, _, _, let accepts) = target, let tls else { return try installHTTP2(channel, connection) }
        let gate = ServerGate(
            admit: { channel, identity in
                guard accepts(identity) else { throw TransportError("the server is \(identity)") }
                try self.installHTTP2(channel, connection)
            }, onRefusal: onRefusal)
        try channel.pipeline.syncOperations.addHandlers(NIOSSLClientHandler(context: tls, serverHostname: nil), gate)
    }

    private func installHTTP2(_ channel: any Channel, _ connection: ClientConnection) throws {
        var settings = NIOHTTP2Handler.ConnectionConfiguration()
        settings.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: ClientConnection.window),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
        ]
        settings.controlFrameRateLimit.maximumCount = 10_000
        var streams = NIOHTTP2Handler.StreamConfiguration()
        streams.streamResetFrameRateLimit.maximumCount = 100_000
        let http2 = NIOHTTP2Handler(mode: .client, connectionConfiguration: settings, streamConfiguration: streams)
        try channel.pipeline.syncOperations.addHandlers(CoalescingHandler(), http2, connection)
    }
}

/// Waits for the handshake and judges the server's name before a byte of HTTP/2 is sent.
private final class ServerGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let admit: (any Channel, String) throws -> Void
    private let onRefusal: () -> Void
    private var isAdmitted = false

    init(admit: @escaping (any Channel, String) throws -> Void, onRefusal: @escaping () -> Void) {
        self.admit = admit
        self.onRefusal = onRefusal
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent, case .handshakeCompleted(let negotiated) = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            let identity = try PeerIdentity.check(context.pipeline, negotiated: negotiated)
            try admit(context.channel, identity)
            isAdmitted = true
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            refuse(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { refuse(context) }

    func channelInactive(context: ChannelHandlerContext) {
        if !isAdmitted { onRefusal() }
        context.fireChannelInactive()
    }

    private func refuse(_ context: ChannelHandlerContext) {
        if !isAdmitted { onRefusal() }
        context.close(promise: nil)
    }
}
