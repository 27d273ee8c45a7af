import Glibc
package import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// Serves unary calls on TCP with mutual TLS and on unix sockets. Listeners may be added to one server; `shutdown`
/// drains them all.
package final class UnaryServer: Sendable {
    private struct Entry {
        var loop: any EventLoop
        var connection: NIOLoopBound<ServerConnection>
        /// Whether the client has said its first words of HTTP/2.
        var isGreeted = false
    }

    private struct State {
        var loops: [ObjectIdentifier: UnaryLoop] = [:]
        var listeners: [any Channel] = []
        var sockets: [UnixSocket] = []
        var connections: [UInt64: Entry] = [:]
        var nextNumber: UInt64 = 1
        var isShutDown = false
    }

    private let group: any EventLoopGroup
    private let methods: MethodTable
    private let configuration: UnaryServerConfiguration
    private let state = Mutex(State())
    private let credentials = Mutex<NIOSSLContext?>(nil)
    private let handshakes: ChannelRoom

    package init(
        services: [any UnaryService], configuration: UnaryServerConfiguration = .init(), group: any EventLoopGroup
    ) {
        self.methods = MethodTable(services)
        self.configuration = configuration
        self.group = group
        handshakes = ChannelRoom(limit: configuration.maximumHandshakes)
    }

    // Behind every accepted socket a BackPressureHandler stops reading while replies wait to be sent: who does not read
    // them is not read either, and they cannot pile up.

    /// Listens on TCP with mutual TLS 1.3. Returns the address; port 0 picks a free one.
    package func listen(host: String, port: Int, credentials: TLSCredentials) async throws(TransportError)
        -> SocketAddress
    {
        try replaceCredentials(credentials)
        return try await bound("\(host):\(port)") {
            try await self.bootstrap { channel in try self.acceptTLS(channel) }
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: host, port: port).get()
        }
    }

    /// Listens on a unix socket, without TLS: the file's owner and mode decide who may connect.
    @discardableResult
    package func listen(unixSocket options: UnixSocketOptions) async throws(TransportError) -> SocketAddress {
        let socket = try UnixSocket(listening: options)
        do {
            let address = try await bound(options.path) {
                try await self.bootstrap { channel in try self.acceptUnix(channel) }
                    .withBoundSocket(socket.descriptor).get()
            }
            state.withLock { $0.sockets.append(socket) }
            return address
        } catch {
            socket.remove()
            throw error
        }
    }

    /// Uses another certificate, key or trust root for connections from now on.
    package func replaceCredentials(_ new: TLSCredentials) throws(TransportError) {
        let context = try new.serverContext()
        credentials.withLock { $0 = context }
    }

    /// Open connections, for metrics and tests.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Stops listening, says GOAWAY, lets running calls finish within `drainGrace`, closes, and removes unix sockets.
    package func shutdown() async {
        let (listeners, sockets, connections) = state.withLock { state in
            state.isShutDown = true
            defer {
                state.listeners = []
                state.sockets = []
            }
            return (state.listeners, state.sockets, Array(state.connections.values))
        }
        for entry in connections { entry.loop.execute { entry.connection.value.drain() } }
        // While it still listens nobody else can take its path for one that was left behind.
        for socket in sockets { socket.remove() }
        for listener in listeners { try? await listener.close().get() }
        // Each connection ends itself within the grace, so this ends too.
        for entry in connections { await closed(entry.loop, entry.connection) }
    }

    private func closed(_ loop: any EventLoop, _ connection: NIOLoopBound<ServerConnection>) async {
        let future = loop.flatSubmit { connection.value.context?.channel.closeFuture ?? loop.makeSucceededVoidFuture() }
        try? await future.get()
    }

    // MARK: - Accepting

    private func bound(_ name: String, _ bind: () async throws -> any Channel) async throws(TransportError)
        -> SocketAddress
    {
        do {
            let channel = try await bind()
            let isLate = state.withLock { state in
                if !state.isShutDown { state.listeners.append(channel) }
                return state.isShutDown
            }
            if isLate { try await channel.close().get() }
            guard !isLate, let address = channel.localAddress else { throw TransportError("the server was shut down") }
            return address
        } catch let error as TransportError {
            throw error
        } catch {
            throw TransportError("cannot listen on \(name): \(error)")
        }
    }

    private func bootstrap(_ accept: @escaping @Sendable (any Channel) throws -> Void) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: UnixSocket.backlog)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try accept(channel) } }
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 32 * 1024))
    }

    private func acceptTLS(_ channel: any Channel) throws {
        guard let context = credentials.withLock({ $0 }) else { throw TransportError("no credentials") }
        handshakes.enter(channel)
        let gate = AcceptGate(timeout: configuration.handshakeTimeout) { context, identity in
            self.handshakes.leave(context.channel)
            try self.install(context.channel, identity: identity, credentials: nil)
        }
        try channel.pipeline.syncOperations.addHandlers(
            BackPressureHandler(), NIOSSLServerHandler(context: context), gate)
    }

    private func acceptUnix(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(BackPressureHandler())
        try install(channel, identity: nil, credentials: UnaryPeer.Credentials(of: channel))
    }

    /// Gives a connection a place. Where all are taken, the one that has been silent for longest since it was accepted
    /// gives its own up: whoever opens many and says nothing keeps nobody out. Looking for a place and taking it are
    /// one step, because several loops accept at a time.
    private func admit(_ number: UInt64, _ entry: Entry) throws(TransportError) {
        let (refusal, silent) = state.withLock { state -> (TransportError?, Entry?) in
            // A handshake that ends after the drain began would otherwise be served for ever.
            guard !state.isShutDown else { return (TransportError("the server was shut down"), nil) }
            var silent: Entry?
            if state.connections.count >= configuration.maximumConnections {
                let mute = state.connections.lazy.filter { !$0.value.isGreeted }
                guard let oldest = mute.map(\.key).min() else {
                    return (TransportError("no more connections"), nil)
                }
                silent = state.connections.removeValue(forKey: oldest)
            }
            state.connections[number] = entry
            return (nil, silent)
        }
        if let silent { silent.loop.execute { silent.connection.value.closeNow() } }
        if let refusal { throw refusal }
    }

    /// Puts HTTP/2 and the connection's handler behind what is there. On the channel's loop.
    private func install(_ channel: any Channel, identity: String?, credentials: UnaryPeer.Credentials?) throws {
        let loop = loop(for: channel.eventLoop)
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        let peer = UnaryPeer(
            identity: identity, address: channel.remoteAddress, credentials: credentials, number: number)
        let connection = ServerConnection(loop: loop, peer: peer, configuration: configuration, methods: methods)
        connection.onGreeting = { self.state.withLock { $0.connections[number]?.isGreeted = true } }
        connection.onClose = { self.state.withLock { _ = $0.connections.removeValue(forKey: number) } }
        let entry = Entry(loop: channel.eventLoop, connection: NIOLoopBound(connection, eventLoop: channel.eventLoop))
        try admit(number, entry)
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.connections.removeValue(forKey: number) }
        }
        try channel.pipeline.syncOperations.addHandlers(CoalescingHandler(), http2Handler(), connection)
    }

    private func http2Handler() -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: configuration.maximumStreams),
            HTTP2Setting(parameter: .initialWindowSize, value: configuration.streamWindow),
            HTTP2Setting(parameter: .maxHeaderListSize, value: configuration.maximumHeaderListBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: 16_384),
        ]
        connection.controlFrameRateLimit.maximumCount = configuration.maximumControlFrames
        connection.controlFrameRateLimit.windowLength = configuration.rateWindow
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = configuration.maximumResets
        stream.streamResetFrameRateLimit.windowLength = configuration.rateWindow
        return NIOHTTP2Handler(mode: .server, connectionConfiguration: connection, streamConfiguration: stream)
    }

    private func loop(for eventLoop: any EventLoop) -> UnaryLoop {
        let (loop, isNew) = state.withLock { state in
            if let known = state.loops[ObjectIdentifier(eventLoop)] { return (known, false) }
            let new = UnaryLoop(eventLoop: eventLoop)
            state.loops[ObjectIdentifier(eventLoop)] = new
            return (new, true)
        }
        if isNew { for service in methods.services { service.prepare(loop) } }
        return loop
    }
}

extension UnaryPeer.Credentials {
    /// SO_PEERCRED of a connected unix socket.
    init?(of channel: any Channel) {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let future: EventLoopFuture<Self> = provider.unsafeGetSocketOption(
            level: .init(rawValue: SOL_SOCKET), name: .init(rawValue: SO_PEERCRED))
        // On the channel's loop the answer is there at once.
        var found: Self?
        future.assumeIsolated().whenSuccess { found = $0 }
        guard let found else { return nil }
        self = found
    }
}
