import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 connection of a client: calls out as frames, frames in as results. Confined to its loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let configuration: UnaryClientConfiguration
    private let scheme: String
    private let authority: String
    /// Set by the client before the handler is added.
    var onReady: () -> Void = {}
    var onStreamFree: () -> Void = {}
    var onGoAway: () -> Void = {}
    var onClosed: () -> Void = {}

    private var context: ChannelHandlerContext?
    private(set) var calls: [HTTP2StreamID: OutgoingCall] = [:]
    private var nextStream = 1
    private var maximumStreams = 100
    private var isReady = false
    private(set) var isDraining = false
    private var isReading = false
    private var isFlushScheduled = false
    private var isSilent = false
    private var isAwaitingPing = false
    private var keepalive: Scheduled<Void>?
    private var baseHeaders: [String: HPACKHeaders] = [:]

    static let window = 8 << 20

    init(configuration: UnaryClientConfiguration, scheme: String, authority: String) {
        self.configuration = configuration
        self.scheme = scheme
        self.authority = authority
    }

    var hasRoom: Bool { isReady && !isDraining && context != nil && calls.count < maximumStreams }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        write(.windowUpdate(windowSizeIncrement: Self.window - 65_535), on: .rootStream)
        context.flush()
        armKeepalive(configuration.keepaliveInterval)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        guard context != nil else { return }
        context = nil
        keepalive?.cancel()
        let open = calls.values
        calls.removeAll()
        for call in open { call.finish(.failure(GRPCStatus(.unavailable, "the connection was lost"))) }
        let closed = onClosed
        onReady = {}
        onStreamFree = {}
        onGoAway = {}
        onClosed = {}
        closed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if StreamErrors.contains(error) { return }
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    // MARK: - Out

    func start(_ call: OutgoingCall, now: NIODeadline) {
        let streamID = HTTP2StreamID(nextStream)
        nextStream += 2
        if nextStream > Int(Int32.max) - 2 { beginDrain() }
        call.streamID = streamID
        calls[streamID] = call
        var headers = headers(for: call.method)
        if call.deadline < .distantFuture {
            headers.add(
                name: "grpc-timeout", value: CallTimeout.text(for: call.deadline - now), indexing: .nonIndexable)
        }
        if let requestID = call.requestID {
            headers.add(name: RequestID.header, value: requestID, indexing: .nonIndexable)
        }
        write(.headers(.init(headers: headers)), on: streamID)
        let data = MessageAssembler.frame(call.message, allocator: ByteBufferAllocator())
        write(.data(.init(data: .byteBuffer(data), endStream: true)), on: streamID)
        scheduleFlush()
    }

    /// Gives a call up: the server is told to stop.
    func cancel(_ call: OutgoingCall, _ status: GRPCStatus) {
        guard let streamID = call.streamID, calls[streamID] === call else { return }
        call.finish(.failure(status))
        write(.rstStream(.cancel), on: streamID)
        scheduleFlush()
    }

    private func headers(for method: String) -> HPACKHeaders {
        if let known = baseHeaders[method] { return known }
        let new = HPACKHeaders([
            (":method", "POST"), (":scheme", scheme), (":path", method), (":authority", authority), ("te", "trailers"),
            ("content-type", "application/grpc"), ("user-agent", "claviger"),
        ])
        if baseHeaders.count < 256 { baseHeaders[method] = new }
        return new
    }

    private func write(_ payload: HTTP2Frame.FramePayload, on streamID: HTTP2StreamID) {
        guard let context else { return }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: streamID, payload: payload)), promise: nil)
    }

    private func scheduleFlush() {
        guard !isReading, !isFlushScheduled, let context else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.context?.flush()
        }
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        isSilent = false
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers): receive(headers, on: frame.streamID)
        case .data(let data): receive(data, on: frame.streamID)
        case .settings(.settings(let settings)): receive(settings)
        case .goAway(let last, _, _): receiveGoAway(last)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.flush()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let closed as StreamClosedEvent:
            streamClosed(closed)
        case let window as NIOHTTP2WindowUpdatedEvent where window.streamID == .rootStream:
            guard let size = window.inboundWindowSize, size >= 0, size < Self.window / 2 else { return }
            write(.windowUpdate(windowSizeIncrement: Self.window - size), on: .rootStream)
            scheduleFlush()
        default:
            break
        }
    }

    private func receive(_ settings: HTTP2Settings) {
        for setting in settings where setting.parameter == .maxConcurrentStreams { maximumStreams = setting.value }
        guard !isReady else { return onStreamFree() }
        isReady = true
        if !settings.contains(where: { $0.parameter == .maxConcurrentStreams }) {
            maximumStreams = configuration.maximumInFlight
        }
        onReady()
    }

    private func receive(_ frame: HTTP2Frame.FramePayload.Headers, on streamID: HTTP2StreamID) {
        guard let call = calls[streamID] else { return }
        if call.httpStatus == nil { call.httpStatus = frame.headers.first(name: ":status") ?? "" }
        guard frame.endStream else { return }
        call.finish(Self.result(of: call, trailers: frame.headers))
    }

    private static func result(of call: OutgoingCall, trailers: HPACKHeaders) -> Result<ByteBuffer, GRPCStatus> {
        guard call.httpStatus == "200" else {
            let code: GRPCCode = ["429", "502", "503", "504"].contains(call.httpStatus) ? .unavailable : .unknown
            return .failure(GRPCStatus(code, "HTTP status \(call.httpStatus ?? "")"))
        }
        guard let text = trailers.first(name: "grpc-status"), let number = Int(text) else {
            return .failure(GRPCStatus(.unknown, "the reply has no grpc-status"))
        }
        if number == 0 {
            return call.assembler.finish().mapError { GRPCStatus(.internal, "bad reply: \($0.message)") }
        }
        var status = GRPCStatus(GRPCCode(rawValue: number) ?? .unknown)
        for (name, value, _) in trailers {
            if name == "grpc-message" {
                status.message = StatusMessage.decode(value)
            } else if name != "content-type", MetadataLimits.isName(name), MetadataLimits.isValue(value),
                status.metadata.count < GRPCStatus.maximumMetadataEntries,
                value.utf8.count <= GRPCStatus.maximumMetadataBytes
            {
                status.metadata[name] = value
            }
        }
        return .failure(status)
    }

    private func receive(_ frame: HTTP2Frame.FramePayload.Data, on streamID: HTTP2StreamID) {
        guard let call = calls[streamID], case .byteBuffer(let piece) = frame.data else { return }
        if let status = call.assembler.append(piece) {
            cancel(call, GRPCStatus(.internal, "bad reply: \(status.message)"))
        } else if frame.endStream {
            call.finish(.failure(GRPCStatus(.internal, "the reply ended without a status")))
        }
    }

    private func streamClosed(_ event: StreamClosedEvent) {
        guard let call = calls.removeValue(forKey: event.streamID) else { return }
        switch event.reason {
        case .refusedStream?:
            call.finish(.failure(GRPCStatus(.unavailable, "the server refused the stream", wasProcessed: false)))
        case .enhanceYourCalm?:
            call.finish(.failure(GRPCStatus(.resourceExhausted, "the server asks for fewer calls")))
        default:
            call.finish(.failure(GRPCStatus(.unavailable, "the server ended the call")))
        }
        if isDraining, calls.isEmpty {
            closeSoon()
        } else {
            onStreamFree()
        }
    }

    private func receiveGoAway(_ last: HTTP2StreamID) {
        // Streams above `last` never reached a handler. The HTTP/2 handler closes them; their callers hear the truth
        // first.
        for (streamID, call) in calls where streamID > last {
            call.finish(.failure(GRPCStatus(.unavailable, "the server is going away", wasProcessed: false)))
        }
        beginDrain()
    }

    private func beginDrain() {
        guard !isDraining else { return }
        isDraining = true
        if calls.isEmpty { closeSoon() }
        onGoAway()
    }

    private func closeSoon() {
        context?.eventLoop.assumeIsolated().execute { self.close() }
    }

    // MARK: - Keepalive

    private func armKeepalive(_ wait: TimeAmount) {
        keepalive = context?.eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in self?.checkKeepalive() }
    }

    private func checkKeepalive() {
        guard isSilent else {
            isSilent = true
            isAwaitingPing = false
            return armKeepalive(configuration.keepaliveInterval)
        }
        if isAwaitingPing { return close() }
        isAwaitingPing = true
        write(.ping(ConnectionLifetime.keepalivePing, ack: false), on: .rootStream)
        context?.flush()
        armKeepalive(configuration.keepaliveTimeout)
    }
}
