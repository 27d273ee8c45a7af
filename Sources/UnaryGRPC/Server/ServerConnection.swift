import NIOCore
import NIOHPACK
import NIOHTTP2

/// One connection: HTTP/2 frames in, calls out, replies back. There is no channel per stream, and all state lives on
/// the loop.
final class ServerConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let loop: UnaryLoop
    let peer: UnaryPeer
    let configuration: UnaryServerConfiguration
    private let methods: MethodTable
    /// Set by the server before the handler is added.
    var onGreeting: () -> Void = {}
    var onClose: () -> Void = {}

    var context: ChannelHandlerContext?
    var calls: [HTTP2StreamID: UnaryCall] = [:]
    var lifetime = ConnectionLifetime()
    var lastStreamID = HTTP2StreamID.rootStream
    private var isReading = false
    private var isDirty = false
    private var bufferedBytes = 0

    private static let replyHeaders = HTTP2Frame.FramePayload.headers(
        .init(headers: HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])))
    private static let okTrailers = HTTP2Frame.FramePayload.headers(
        .init(headers: HPACKHeaders([("grpc-status", "0")]), endStream: true))

    init(loop: UnaryLoop, peer: UnaryPeer, configuration: UnaryServerConfiguration, methods: MethodTable) {
        self.loop = loop
        self.peer = peer
        self.configuration = configuration
        self.methods = methods
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Behind TLS the channel is active by now; a unix socket becomes active later, and HTTP/2 sends its preface
        // only then.
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        startLifetime()
        // The window of a connection begins at 65535 and is raised by an update, not by a setting.
        let increment = configuration.connectionWindow - 65_535
        write(.windowUpdate(windowSizeIncrement: increment), on: .rootStream)
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        endLifetime()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        endLifetime()
        let open = calls.values
        calls.removeAll()
        for call in open { call.cancel() }
        onClose()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A stream error has been answered with a reset by the HTTP/2 handler; anything else ends the connection.
        if StreamErrors.contains(error) { return }
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        lifetime.isSilent = false
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers): receive(headers, on: frame.streamID)
        case .data(let data): receive(data, on: frame.streamID)
        case .ping(let data, let ack): if ack { receivePingAck(data) }
        case .settings: greeted()
        default: break
        }
    }

    private func greeted() {
        guard !lifetime.isGreeted else { return }
        lifetime.isGreeted = true
        onGreeting()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.flush()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let closed as StreamClosedEvent:
            streamClosed(closed.streamID, isReset: closed.reason != nil)
        case let window as NIOHTTP2WindowUpdatedEvent where window.streamID == .rootStream:
            guard let size = window.inboundWindowSize, size < configuration.connectionWindow / 2, size >= 0 else {
                return
            }
            write(.windowUpdate(windowSizeIncrement: configuration.connectionWindow - size), on: .rootStream)
            markDirty()
        case let event as ChannelEvent where event == .inputClosed:
            context.close(promise: nil)
        default:
            break
        }
    }

    // MARK: - Requests

    private func receive(_ frame: HTTP2Frame.FramePayload.Headers, on streamID: HTTP2StreamID) {
        guard calls[streamID] == nil else {
            // Trailers of a request: only their end of stream matters.
            if frame.endStream, let call = calls[streamID], !call.isBodyComplete { complete(call) }
            return
        }
        lastStreamID = max(lastStreamID, streamID)
        let refusal: RequestHead.Refusal
        do throws(RequestHead.Refusal) {
            let head = try RequestHead(frame.headers)
            let entry = methods[head.path]
            let call = UnaryCall(
                method: entry?.method ?? "", methodIndex: entry?.index ?? -1, service: entry?.service, connection: self,
                streamID: streamID, limit: configuration.maximumMessageBytes)
            calls[streamID] = call
            let now = NIODeadline.now()
            call.deadline = head.timeout.map { now + $0 }
            call.requestID = head.requestID
            call.expiry = min(call.deadline ?? .distantFuture, now + configuration.requestTimeout)
            guard entry != nil else {
                return refuse(call, GRPCStatus(.unimplemented, "unknown method"), isEnded: frame.endStream)
            }
            if frame.endStream { return complete(call) }
            armExpiry(call.expiry)
            return
        } catch {
            refusal = error
        }
        let call = UnaryCall(
            method: "", methodIndex: -1, service: nil, connection: self, streamID: streamID,
            limit: configuration.maximumMessageBytes)
        calls[streamID] = call
        switch refusal {
        case .status(let status):
            refuse(call, status, isEnded: frame.endStream)
        case .http(let code):
            _ = call.claim()
            write(.headers(.init(headers: HPACKHeaders([(":status", code)]), endStream: true)), on: streamID)
            discardRest(of: call, isEnded: frame.endStream)
        }
    }

    private func receive(_ frame: HTTP2Frame.FramePayload.Data, on streamID: HTTP2StreamID) {
        guard let call = calls[streamID], case .byteBuffer(let piece) = frame.data else { return }
        guard call.service != nil, !call.isBodyComplete else {
            call.discarded += piece.readableBytes
            // Answered already: a short rest is let through, a long one is not worth its window.
            if !frame.endStream, call.discarded > 65_536 { write(.rstStream(.noError), on: streamID) }
            return
        }
        let held = call.assembler.count
        let status = call.assembler.append(piece)
        bufferedBytes += call.assembler.count - held
        if let status { return refuse(call, status, isEnded: frame.endStream) }
        if frame.endStream { return complete(call) }
        if bufferedBytes > configuration.maximumBufferedBytes {
            refuse(
                call, GRPCStatus(.resourceExhausted, "too many unfinished requests", wasProcessed: false),
                isEnded: false)
        }
    }

    private func complete(_ call: UnaryCall) {
        bufferedBytes -= call.assembler.count
        call.isBodyComplete = true
        switch call.assembler.finish() {
        case .failure(let status):
            call.fail(status)
        case .success(let message):
            call.message = message
            call.expiry = call.deadline ?? .distantFuture
            if let deadline = call.deadline {
                if deadline <= .now() { return expire(call) }
                armExpiry(deadline)
            }
            loop.scheduleTick()
            call.service?.handle(call)
        }
    }

    private func refuse(_ call: UnaryCall, _ status: GRPCStatus, isEnded: Bool) {
        bufferedBytes -= call.assembler.count
        call.assembler = MessageAssembler(limit: 0)
        call.fail(status)
        discardRest(of: call, isEnded: isEnded)
    }

    private func discardRest(of call: UnaryCall, isEnded: Bool) {
        call.isBodyComplete = true
        guard !isEnded else { return }
        call.expiry = .now() + .seconds(5)
        armExpiry(call.expiry)
    }

    private func streamClosed(_ streamID: HTTP2StreamID, isReset: Bool) {
        guard let call = calls.removeValue(forKey: streamID) else { return }
        if !call.isBodyComplete { bufferedBytes -= call.assembler.count }
        if call.claim() { call.cancel() }
        streamsChanged()
    }

    /// Ends what is left of a call whose time is over.
    func expire(_ call: UnaryCall) {
        if call.claim() {
            let status =
                call.isBodyComplete
                ? GRPCStatus(.deadlineExceeded, "deadline exceeded")
                : GRPCStatus(.deadlineExceeded, "the request did not arrive in time", wasProcessed: false)
            write(.failure(status), to: call)
            call.cancel()
            discardRest(of: call, isEnded: call.isBodyComplete)
        } else {
            write(.rstStream(.noError), on: call.streamID)
            markDirty()
        }
        if call.isBodyComplete { call.expiry = .now() + .seconds(5) }
    }

    // MARK: - Replies

    func write(_ reply: UnaryReply, to call: UnaryCall) {
        guard let context, calls[call.streamID] === call else { return }
        switch reply {
        case .message(let message) where message.readableBytes <= configuration.maximumReplyBytes:
            let data = MessageAssembler.frame(message, allocator: context.channel.allocator)
            write(Self.replyHeaders, on: call.streamID)
            write(.data(.init(data: .byteBuffer(data))), on: call.streamID)
            write(Self.okTrailers, on: call.streamID)
        case .message:
            write(trailersOnly(GRPCStatus(.resourceExhausted, "the reply is too large")), on: call.streamID)
        case .failure(let status):
            write(trailersOnly(status), on: call.streamID)
        }
        markDirty()
    }

    private func trailersOnly(_ status: GRPCStatus) -> HTTP2Frame.FramePayload {
        var headers = HPACKHeaders([
            (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", String(status.code.rawValue)),
        ])
        if !status.message.isEmpty { headers.add(name: "grpc-message", value: StatusMessage.encode(status.message)) }
        if status.code == .unimplemented { headers.add(name: "grpc-accept-encoding", value: "identity") }
        for (name, value) in MetadataLimits.sendable(status.metadata) { headers.add(name: name, value: value) }
        return .headers(.init(headers: headers, endStream: true))
    }

    func write(_ payload: HTTP2Frame.FramePayload, on streamID: HTTP2StreamID) {
        guard let context else { return }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: streamID, payload: payload)), promise: nil)
    }

    /// Within a read, its end flushes; otherwise the end of the tick does.
    func markDirty() {
        guard !isReading, !isDirty else { return }
        isDirty = true
        loop.markDirty(self)
    }

    func flushReplies() {
        isDirty = false
        context?.flush()
    }
}
