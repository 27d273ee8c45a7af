package import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// Calls one server over one connection that is made when needed and again when lost. Never repeats a call: that is for
/// its user, who learns from `GRPCStatus.wasProcessed` whether repeating is safe.
// SAFETY: everything but `mailbox`, `numbers` and the constants is touched on `eventLoop` only.
package final class UnaryClient: @unchecked Sendable {
    package typealias Completion = @Sendable (Result<ByteBuffer, GRPCStatus>) -> Void

    package let eventLoop: any EventLoop
    private let target: UnaryTarget
    private let configuration: UnaryClientConfiguration
    private let identity: ClientIdentity?

    private enum Link {
        case idle, connecting, failed(until: NIODeadline)
        case ready(ClientConnection)
        case closed
    }
    private enum Request {
        case start(OutgoingCall)
        case cancel(UInt64)
    }

    private var link = Link.idle
    private var draining: [ObjectIdentifier: ClientConnection] = [:]
    private var queue: [OutgoingCall] = []
    private var open: [UInt64: OutgoingCall] = [:]
    private var backoff: TimeAmount
    private var expiry: (at: NIODeadline, timer: Scheduled<Void>)?
    private let mailbox = Mutex<[Request]>([])
    private let numbers = Atomic<UInt64>(0)

    package init(
        target: UnaryTarget, configuration: UnaryClientConfiguration = .init(), eventLoop: any EventLoop
    ) throws(TransportError) {
        self.target = target
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.backoff = configuration.initialBackoff
        if case .tls(_, _, let credentials, _) = target {
            identity = try ClientIdentity(credentials)
        } else {
            identity = nil
        }
    }

    // MARK: - Calls, from any thread

    /// One call. Cancelling the task resets the stream.
    ///
    /// - Parameter requestID: travels in the header `RequestID.header` if it is a valid id, and is left out otherwise.
    package func call(
        _ method: String, _ message: ByteBuffer, deadline: NIODeadline, requestID: String? = nil
    ) async throws(GRPCStatus) -> ByteBuffer {
        let number = nextNumber()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(number, method, message, deadline: deadline, requestID: requestID) {
                    continuation.resume(returning: $0)
                }
            }
        } onCancel: {
            cancel(number)
        }
        return try result.get()
    }

    /// The same with a callback, which runs on the client's loop. Returns the number that `cancel` takes.
    @discardableResult
    package func call(
        _ method: String, _ message: ByteBuffer, deadline: NIODeadline, requestID: String? = nil,
        completion: @escaping Completion
    ) -> UInt64 {
        let number = nextNumber()
        start(number, method, message, deadline: deadline, requestID: requestID, completion: completion)
        return number
    }

    /// Gives a call up: its stream is reset and its completion gets `cancelled`.
    package func cancel(_ number: UInt64) { post(.cancel(number)) }

    /// Connects if there is no connection, so that the next call need not wait.
    package func warmUp() { eventLoop.execute { self.connectIfNeeded() } }

    /// Ends the connection; open calls fail as `cancelled`.
    package func close() async {
        try? await eventLoop.submit { self.closeNow() }.get()
    }

    private func nextNumber() -> UInt64 { numbers.add(1, ordering: .relaxed).newValue }

    private func start(
        _ number: UInt64, _ method: String, _ message: ByteBuffer, deadline: NIODeadline, requestID: String?,
        completion: @escaping Completion
    ) {
        let requestID = requestID.flatMap { RequestID.isValid($0) ? $0 : nil }
        post(
            .start(
                OutgoingCall(
                    number: number, method: method, message: message, deadline: deadline, requestID: requestID,
                    limit: configuration.maximumReplyBytes, completion: completion)))
    }

    /// One hop takes all that gathers meanwhile.
    private func post(_ request: sending Request) {
        if eventLoop.inEventLoop { return perform([request]) }
        let wrapped = UncheckedRequest(request)
        let isFirst = mailbox.withLock { waiting in
            waiting.append(wrapped.value)
            return waiting.count == 1
        }
        guard isFirst else { return }
        eventLoop.execute {
            let requests = self.mailbox.withLock { waiting in
                let taken = UncheckedRequests(waiting)
                waiting.removeAll(keepingCapacity: true)
                return taken
            }
            self.perform(requests.value)
        }
    }

    // SAFETY: a request is handed over once, from the caller to the loop, through the mailbox's lock.
    private struct UncheckedRequest: @unchecked Sendable {
        let value: Request
        init(_ value: Request) { self.value = value }
    }
    // SAFETY: as above.
    private struct UncheckedRequests: @unchecked Sendable {
        let value: [Request]
        init(_ value: [Request]) { self.value = value }
    }

    // MARK: - On the loop

    private func perform(_ requests: [Request]) {
        let now = NIODeadline.now()
        for request in requests {
            switch request {
            case .start(let call): admit(call, now: now)
            case .cancel(let number): end(number, GRPCStatus(.cancelled, "the call was cancelled"))
            }
        }
    }

    private func admit(_ call: OutgoingCall, now: NIODeadline) {
        if case .closed = link {
            return call.finish(.failure(GRPCStatus(.cancelled, "the client is closed", wasProcessed: false)))
        }
        guard call.deadline > now else {
            return call.finish(.failure(GRPCStatus(.deadlineExceeded, "deadline exceeded", wasProcessed: false)))
        }
        guard open.count < configuration.maximumInFlight else {
            return call.finish(
                .failure(GRPCStatus(.resourceExhausted, "too many calls in flight", wasProcessed: false)))
        }
        if case .failed(let until) = link, until > now, !configuration.waitsForReady {
            return call.finish(.failure(GRPCStatus(.unavailable, "no connection", wasProcessed: false)))
        }
        open[call.number] = call
        call.onEnd = { [weak self] in self?.open[call.number] = nil }
        if call.deadline < .distantFuture { armExpiry(call.deadline) }
        if case .ready(let connection) = link, connection.hasRoom, queue.isEmpty {
            connection.start(call, now: now)
        } else {
            queue.append(call)
            connectIfNeeded()
        }
    }

    private func drainQueue() {
        guard case .ready(let connection) = link, !queue.isEmpty else { return }
        let now = NIODeadline.now()
        var taken = 0
        while taken < queue.count, connection.hasRoom {
            connection.start(queue[taken], now: now)
            taken += 1
        }
        queue.removeFirst(taken)
    }

    private func end(_ number: UInt64, _ status: GRPCStatus) {
        guard let call = open[number] else { return }
        if call.streamID == nil {
            queue.removeAll { $0 === call }
            var status = status
            status.wasProcessed = false
            call.finish(.failure(status))
            return
        }
        if case .ready(let connection) = link { connection.cancel(call, status) }
        for connection in draining.values { connection.cancel(call, status) }
    }

    private func armExpiry(_ at: NIODeadline) {
        if let armed = expiry {
            guard at < armed.at else { return }
            armed.timer.cancel()
        }
        expiry = (at, eventLoop.assumeIsolated().scheduleTask(in: at - .now()) { [weak self] in self?.sweep() })
    }

    private func sweep() {
        expiry = nil
        let now = NIODeadline.now()
        for call in open.values.filter({ $0.deadline <= now }) {
            end(call.number, GRPCStatus(.deadlineExceeded, "deadline exceeded"))
        }
        let next = open.values.lazy.map(\.deadline).min() ?? .distantFuture
        if next < .distantFuture { armExpiry(max(next, now + .milliseconds(1))) }
    }

    private func closeNow() {
        if case .ready(let connection) = link { connection.close() }
        link = .closed
        expiry?.timer.cancel()
        expiry = nil
        for connection in draining.values { connection.close() }
        let waiting = open.values
        open.removeAll()
        queue.removeAll()
        for call in waiting { call.finish(.failure(GRPCStatus(.cancelled, "the client was closed"))) }
    }

    // MARK: - Connecting

    private func connectIfNeeded() {
        switch link {
        case .idle: connect()
        case .failed(let until):
            if until <= .now() { connect() }
        case .connecting, .ready, .closed: break
        }
    }

    private func connect() {
        link = .connecting
        let (scheme, authority) =
            switch target {
            case .tls(let host, let port, _, _): ("https", "\(host):\(port)")
            case .cleartext(let host, let port): ("http", "\(host):\(port)")
            case .unixSocket: ("http", "localhost")
            }
        let connection = ClientConnection(configuration: configuration, scheme: scheme, authority: authority)
        let attempt = ConnectAttempt(loop: eventLoop, timeout: configuration.connectTimeout)
        connection.onReady = { attempt.succeed() }
        connection.onStreamFree = { [weak self] in self?.drainQueue() }
        connection.onGoAway = { [weak self, weak connection] in
            if let self, let connection { self.retire(connection) }
        }
        connection.onClosed = { [weak self, weak connection] in
            attempt.fail()
            if let self, let connection { self.lost(connection) }
        }
        attempt.onEnd = { [weak self] isReady in
            guard let self else { return connection.close() }
            self.connectEnded(isReady ? connection : nil)
        }
        guard let identity else { return dial(connection, attempt, nil) }
        identity.context(on: eventLoop).assumeIsolated().whenSuccess { [weak self] in
            self?.dial(connection, attempt, $0)
        }
    }

    private func dial(_ connection: ClientConnection, _ attempt: ConnectAttempt, _ tls: NIOSSLContext?) {
        // The time may have passed, or the client been closed, while the identity was looked at.
        guard attempt.isUnderWay, case .connecting = link else { return attempt.fail() }
        let installer = ClientInstaller(target: target, tls: tls)
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let boundAttempt = NIOLoopBound(attempt, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    boundAttempt.value.channel = channel
                    try installer.install(channel, bound.value) { boundAttempt.value.fail() }
                }
            }
        let connected: EventLoopFuture<any Channel> =
            switch target {
            case .tls(let host, let port, _, _), .cleartext(let host, let port):
                bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
            case .unixSocket(let path):
                bootstrap.connect(unixDomainSocketPath: path)
            }
        connected.whenFailure { _ in boundAttempt.value.fail() }
    }

    private func connectEnded(_ connection: ClientConnection?) {
        if case .closed = link {
            connection?.close()
            return
        }
        if let connection {
            link = .ready(connection)
            backoff = configuration.initialBackoff
            return drainQueue()
        }
        let wait = TimeAmount.nanoseconds(Int64.random(in: 0...max(0, backoff.nanoseconds)))
        backoff = min(configuration.maximumBackoff, backoff * 2)
        link = .failed(until: .now() + wait)
        if !configuration.waitsForReady {
            let waiting = queue
            queue = []
            for call in waiting {
                call.finish(.failure(GRPCStatus(.unavailable, "cannot connect", wasProcessed: false)))
            }
        }
        if configuration.staysWarm || configuration.waitsForReady {
            eventLoop.assumeIsolated().scheduleTask(in: wait) { [weak self] in
                guard let self, self.configuration.staysWarm || !self.queue.isEmpty else { return }
                self.connectIfNeeded()
            }
        }
    }

    /// The server said GOAWAY: what runs there goes on, what comes goes to a new connection.
    private func retire(_ connection: ClientConnection) {
        guard case .ready(let current) = link, current === connection else { return }
        draining[ObjectIdentifier(connection)] = connection
        link = .idle
        if configuration.staysWarm || !queue.isEmpty { connectIfNeeded() }
    }

    private func lost(_ connection: ClientConnection) {
        draining[ObjectIdentifier(connection)] = nil
        guard case .ready(let current) = link, current === connection else { return }
        link = .idle
        if configuration.staysWarm || !queue.isEmpty { connectIfNeeded() }
    }
}
