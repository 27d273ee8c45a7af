import NIOCore
import NIOSSL
import NIOTLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The end of a TLS channel's pipeline: gives its bytes to a connection, and writes for it.
final class TLSPipe: ChannelInboundHandler, PeerPipe {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: PeerConnection
    private var context: ChannelHandlerContext?
    private var end = PipeEnd.lost
    private var isSecure = false
    /// A channel that never became active failed to connect; the dialer tells the connection why.
    private var wasActive = false

    init(connection: PeerConnection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        wasActive = context.channel.isActive
        connection.attach(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        wasActive = true
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if wasActive { connection.pipeEnded(end) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            let pipeline = context.pipeline.syncOperations
            guard let certificate = try? pipeline.nioSSL_peerCertificate(),
                (try? pipeline.nioSSL_tlsVersion()) == .tlsv13
            else {
                end = .insecure("no certificate, or not TLS 1.3")
                context.close(promise: nil)
                return
            }
            isSecure = true
            connection.secured(uris: Self.uris(of: certificate))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) { connection.readCompleted() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.becameWritable() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.pipeEnded(end)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isSecure, !(error is IOError) {
            end = .insecure("TLS handshake failed")
        } else if let error = error as? IOError, [ETIMEDOUT, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode) {
            end = .unreachable
        }
        context.close(promise: nil)
    }

    // MARK: PeerPipe

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func write(_ bytes: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func close() { context?.close(promise: nil) }

    /// Closes below TLS, so that the peer gets no close_notify.
    func sever() {
        guard let context else { return }
        let pipeline = context.pipeline.syncOperations
        let below =
            (try? pipeline.context(handlerType: NIOSSLServerHandler.self))
            ?? (try? pipeline.context(handlerType: NIOSSLClientHandler.self))
        (below ?? context).close(promise: nil)
    }

    /// The URI names of a certificate's subject alternative names.
    private static func uris(of certificate: NIOSSLCertificate) -> [String] {
        var uris: [String] = []
        for name in certificate._subjectAlternativeNames() where name.nameType == .uri {
            uris.append(String(decoding: Array(name.contents), as: UTF8.self))
        }
        return uris
    }
}
