import NIOCore
import NIOHTTP2
import NIOTLS

/// Holds a fresh TLS connection back until its handshake shows who is there; then puts HTTP/2 in place and leaves.
final class AcceptGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let timeout: TimeAmount
    private let admit: (ChannelHandlerContext, String) throws -> Void
    private var timer: Scheduled<Void>?

    init(timeout: TimeAmount, admit: @escaping (ChannelHandlerContext, String) throws -> Void) {
        self.timeout = timeout
        self.admit = admit
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent, case .handshakeCompleted(let negotiated) = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        do {
            let identity = try PeerIdentity.check(context.pipeline, negotiated: negotiated)
            try admit(context, identity)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
