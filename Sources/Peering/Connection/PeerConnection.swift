import NIOCore
import Raft
import Wire

/// One connection to a peer, from the first byte to the last, on any transport.
///
/// Dialer: securing, then `opening` (own opening sent, the peer's awaited), then open (welcome sent).
/// Acceptor: securing, then `opening` (the peer's awaited), then `welcoming` (own sent), then open (welcome received).
/// A failure of the peer (bytes, order, identity) ends the connection with a counted refusal; it never traps.
// SAFETY: every property is read and written on `loop` only; methods assert it.
final class PeerConnection: @unchecked Sendable {
    enum State { case securing, opening, welcoming, open, ended }

    let loop: any EventLoop
    let engine: PeerEngine
    /// The peer that this node dialed; nil for inbound connections.
    let dialed: PeerAddress?
    var purpose: ConnectionPurpose
    private(set) var state = State.securing
    private(set) var pipe: (any PeerPipe)?
    /// What the certificate says, once secured.
    private(set) var certificate: NodeIdentity?
    /// Set when the peer's hello has been accepted.
    private(set) var identity: PeerIdentity?
    private(set) var hello: PeerHello?
    private(set) var process: UInt64 = 0
    let began = NIODeadline.now()
    private(set) var openedAt: NIODeadline?
    var calls = OutgoingCalls()
    /// Calls of the peer that run here.
    var serving: [UInt64: Task<Void, Never>] = [:]
    private var reader: FrameReader
    private var arrived: [PeerFrame] = []
    private var lastHeard = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(engine: PeerEngine, dialed: PeerAddress?, purpose: ConnectionPurpose) {
        self.loop = engine.loop
        self.engine = engine
        self.dialed = dialed
        self.purpose = purpose
        self.reader = FrameReader(limit: engine.configuration.limits.helloFrameBytes)
        self.timer = loop.scheduleTask(in: TimeAmount(engine.configuration.timing.handshake)) {
            self.refuse(Refused(reason: .handshakeTimeout, text: "the handshake took too long"))
        }
    }

    var isOpen: Bool { state == .open }
    var isWritable: Bool { pipe?.isWritable ?? false }

    // MARK: What the transport tells

    /// The stream exists, though not yet secured.
    func attach(_ pipe: any PeerPipe) {
        loop.assertInEventLoop()
        guard state != .ended else { return pipe.sever() }
        self.pipe = pipe
    }

    /// The stream is secure and the peer's certificate chain is verified; `uris` are the URI names in the certificate.
    func secured(uris: [String]) {
        guard state == .securing else { return }
        state = .opening  // From here on a refusal can be sent.
        guard uris.count == 1, let certificate = uris.first.flatMap(NodeIdentity.init(uri:)) else {
            return refuse(Refused(reason: .certificate, text: "the certificate must have exactly one name, a node's"))
        }
        if let refused = engine.rules.check(certificate, dialed: dialed) { return refuse(refused) }
        self.certificate = certificate
        if dialed != nil { sendOpening() }
    }

    func received(_ bytes: ByteBuffer) {
        loop.assertInEventLoop()
        guard state != .ended else { return }
        lastHeard = .now()
        engine.meter.update { $0.bytesReceived += UInt64(bytes.readableBytes) }
        reader.append(bytes)
        do throws(FrameTooLarge) {
            while state != .ended, let frame = try reader.next() { receive(frame) }
        } catch {
            refuse(Refused(reason: .tooLarge, text: "a frame of \(error.bytes) bytes exceeds \(reader.limit)"))
        }
    }

    /// Everything that one read brought has been given.
    func readCompleted() {
        guard state == .open, !arrived.isEmpty else { return }
        let frames = arrived
        arrived.removeAll()
        engine.received(frames, on: self)
    }

    func becameWritable() {
        if state == .open { engine.becameWritable(self) }
    }

    /// The stream ended without a word from here.
    func pipeEnded(_ end: PipeEnd) {
        guard state != .ended else { return }
        readCompleted()
        guard state != .ended else { return }
        switch end {
        case .lost, .connectRefused: finish(.reset, end: end)
        case .unreachable: finish(.closed, end: end)
        case .insecure(let text):
            engine.count(Refused(reason: .tls, text: text), on: self)
            finish(.closed, end: end)
        }
    }

    // MARK: What the engine tells

    func send(_ envelope: PeerEnvelope) throws(WireError) {
        let bytes = try envelope.wireBytes()
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.count + 4)
        FrameReader.write(bytes, into: &buffer)
        write(buffer)
    }

    func write(_ buffer: ByteBuffer) {
        loop.assertInEventLoop()
        guard state != .ended else { return }
        engine.meter.update { $0.bytesSent += UInt64(buffer.readableBytes) }
        pipe?.write(buffer)
    }

    /// Ends the connection from here. `last` is sent first, so that the peer does not take it for a crash.
    func end(_ reason: PeerDisconnect, saying last: PeerEnvelope?) {
        guard state != .ended else { return }
        if let last, state != .securing { try? send(last) }
        let pipe = self.pipe
        let isSecure = state != .securing
        finish(reason, end: nil)
        if isSecure { pipe?.close() } else { pipe?.sever() }
    }

    /// Ends the connection as the death of this process would.
    func sever() {
        guard state != .ended else { return }
        let pipe = self.pipe
        finish(.closed, end: nil)
        pipe?.sever()
    }

    /// Ends the connection with a counted reason that the peer is told.
    func refuse(_ refused: Refused) {
        guard state != .ended else { return }
        engine.count(refused, on: self)
        end(.closed, saying: .refusal(refused.text))
    }

    private func finish(_ reason: PeerDisconnect, end: PipeEnd?) {
        let wasOpen = state == .open
        state = .ended
        timer?.cancel()
        timer = nil
        pipe = nil
        for task in serving.values { task.cancel() }
        serving.removeAll()
        for call in calls.takeAll() { call.finish(.failure(.notConnected)) }
        engine.ended(self, wasOpen: wasOpen, because: reason, end: end)
    }

    // MARK: Frames

    private func receive(_ bytes: [UInt8]) {
        let envelope: PeerEnvelope
        do throws(WireError) {
            envelope = try PeerEnvelope(wireBytes: bytes)
        } catch {
            return refuse(Refused(reason: .malformed, text: error.description))
        }
        switch (state, envelope) {
        case (.securing, _), (.ended, _):
            refuse(Refused(reason: .unexpectedFrame, text: "a frame before the hello"))
        case (_, .refusal(let reason)):
            engine.wasRefused(self, because: reason)
            end(.refused(reason), saying: nil)
        case (_, .goodbye):
            readCompleted()
            end(.closed, saying: nil)
        case (.opening, .opening(let hello, let purpose, let process)):
            receiveOpening(hello, purpose: purpose, process: process)
        case (.welcoming, .welcome):
            open()
        case (.open, .probe(let isAnswer)):
            if !isAnswer { try? send(.probe(isAnswer: true)) }
        case (.open, .frame(let frame)) where purpose == .consensus:
            arrived.append(frame)
        case (.open, .call(let id, let service, let body)) where purpose == .bulk && dialed == nil:
            engine.serve(PeerService(rawValue: service), id: id, body: body, on: self)
        case (.open, .answer(let id, let body)) where purpose == .bulk && dialed != nil:
            calls.take(id)?.finish(.success(body))
        case (.open, .failure(let id, let reason)) where purpose == .bulk && dialed != nil:
            calls.take(id)?.finish(.failure(.refused(reason)))
        default:
            refuse(Refused(reason: .unexpectedFrame, text: "a frame that does not belong here"))
        }
    }

    private func receiveOpening(_ hello: PeerHello, purpose: ConnectionPurpose, process: UInt64) {
        guard let certificate else { return }
        if dialed != nil, purpose != self.purpose {
            return refuse(Refused(reason: .unexpectedFrame, text: "another purpose than the dialed one"))
        }
        if let refused = engine.rules.check(hello, under: certificate) { return refuse(refused) }
        let identity = PeerIdentity(name: certificate.name, region: certificate.region, replica: hello.replica)
        if let reason = engine.delegate?.peerWillConnect(identity, hello: hello) {
            return refuse(Refused(reason: .delegate, text: reason))
        }
        self.identity = identity
        self.hello = hello
        self.process = process
        self.purpose = purpose
        if dialed == nil {
            state = .welcoming
            sendOpening()
        } else {
            try? send(.welcome)
            open()
        }
    }

    private func sendOpening() {
        do throws(WireError) {
            try send(.opening(engine.configuration.hello, purpose: purpose, process: engine.process))
        } catch {
            refuse(Refused(reason: .malformed, text: "this node's own hello is not valid: \(error)"))
        }
    }

    private func open() {
        state = .open
        openedAt = .now()
        timer?.cancel()
        let limits = engine.configuration.limits
        reader.limit = purpose == .consensus ? limits.consensusFrameBytes : limits.bulkFrameBytes
        scheduleProbe()
        engine.opened(self)
    }

    /// Any bytes count as life. A connection silent for one interval is probed, for `silence` it is dead.
    private func scheduleProbe() {
        let timing = engine.configuration.timing
        timer = loop.scheduleTask(in: TimeAmount(timing.probe)) { [weak self] in
            guard let self, self.state == .open else { return }
            let silent = NIODeadline.now() - self.lastHeard
            if silent >= TimeAmount(timing.silence) {
                return self.end(.closed, saying: .goodbye)
            }
            if silent >= TimeAmount(timing.probe) { try? self.send(.probe(isAnswer: false)) }
            self.scheduleProbe()
        }
    }
}
