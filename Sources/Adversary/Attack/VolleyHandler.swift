import Glibc
import NIOCore
import NIOSSL
import NIOTLS

/// How a volley's connection went.
struct VolleyOutcome: Sendable {
    /// The server did not do within `patience` what it must.
    var isHung = false
    var isConnected = true
    /// From the last byte sent to the end of the connection.
    var seconds = 0.0

    /// How long a server may take for what it must do.
    static let patience = TimeAmount.seconds(10)
}

/// Sends one volley once the connection is up, and brings it to its end.
final class VolleyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let volley: Volley
    private let done: EventLoopPromise<VolleyOutcome>
    private var outcome = VolleyOutcome()
    private var answers = HTTP2AnswerCounter()
    private var started = NIODeadline.now()
    private var timer: Scheduled<Void>?
    private var hasBegun = false

    init(_ volley: Volley, done: EventLoopPromise<VolleyOutcome>) {
        self.volley = volley
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        if case .plain = volley.entry {
            begin(context)
        } else {
            // With tampered bytes the handshake may never end, and that is nobody's fault.
            let limit = volley.tamper == nil ? VolleyOutcome.patience : .milliseconds(400)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            timer = context.eventLoop.scheduleTask(in: limit) {
                let (handler, context) = bound.value
                handler.outcome.isHung = handler.volley.tamper == nil
                handler.sever(context)
            }
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { begin(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .answers(let count) = volley.ending else { return }
        answers.read(unwrapInboundIn(data).readableBytesView)
        if answers.ended >= count { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { sever(context) }

    private func finish() {
        timer?.cancel()
        outcome.seconds = Double((NIODeadline.now() - started).nanoseconds) / 1e9
        done.succeed(outcome)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !hasBegun else { return }
        hasBegun = true
        timer?.cancel()
        started = .now()
        if case .deaf = volley.ending { try? context.channel.syncOptions?.setOption(.autoRead, value: false) }
        var rest = ByteBuffer(bytes: volley.bytes)
        while let piece = rest.readSlice(length: min(rest.readableBytes, 64 << 10)), piece.readableBytes > 0 {
            context.write(wrapOutboundOut(piece), promise: nil)
        }
        context.flush()
        switch volley.ending {
        case .server, .answers:
            after(VolleyOutcome.patience, context) { handler, context in
                handler.outcome.isHung = true
                handler.sever(context)
            }
        case .leave(let time): after(.milliseconds(Int64(time)), context) { $1.close(promise: nil) }
        case .stay(let time): after(.milliseconds(Int64(time)), context) { $0.sever($1) }
        case .reset(let time), .deaf(let time): after(.milliseconds(Int64(time)), context) { $0.reset($1) }
        }
    }

    private func after(
        _ time: TimeAmount, _ context: ChannelHandlerContext,
        _ body: @escaping @Sendable (VolleyHandler, ChannelHandlerContext) -> Void
    ) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: time) { body(bound.value.0, bound.value.1) }
    }

    /// Without a word of TLS, and for the kernel as if the process had died.
    private func reset(_ context: ChannelHandlerContext) {
        let linger = ChannelOptions.Types.SocketOption(level: .socket, name: .so_linger)
        // Only TCP has it; a unix socket closes as it does.
        if let provider = context.channel as? any SocketOptionProvider {
            let value = Glibc.linger(l_onoff: 1, l_linger: 0)
            _ = provider.unsafeSetSocketOption(level: linger.optionLevel, name: linger.optionName, value: value)
        }
        sever(context)
    }

    /// Closes below TLS.
    private func sever(_ context: ChannelHandlerContext) {
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        (tls ?? context).close(promise: nil)
    }
}
