import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Streams over TCP and TLS 1.3.
final class TLSTransport: PeerTransport {
    private let loop: any EventLoop
    private let timing: PeeringTiming
    private let contexts: Mutex<TLSContexts>

    init(loop: any EventLoop, timing: PeeringTiming, contexts: TLSContexts) {
        self.loop = loop
        self.timing = timing
        self.contexts = Mutex(contexts)
    }

    /// Connections from now on use these; open ones stay.
    func reload(_ fresh: TLSContexts) { contexts.withLock { $0 = fresh } }

    func listen(host: String, port: Int, for engine: PeerEngine) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(Self.userTimeout, value: userTimeoutMilliseconds)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let connection = engine.accept() else {
                        throw PeeringError.refused("the network does not run")
                    }
                    // Who does not read what it asked for is not read either. Not for dialed connections: two ends that
                    // both wait for the other to read would wait for ever.
                    try channel.pipeline.syncOperations.addHandler(BackPressureHandler())
                    let context = self.contexts.withLock { $0.server }
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(TLSPipe(connection: connection))
                }
            }
            .bind(host: host, port: port).get()
    }

    func dial(_ address: PeerAddress, for connection: PeerConnection) {
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(timing.handshake))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(Self.userTimeout, value: userTimeoutMilliseconds)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let context = self.contexts.withLock { $0.client }
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: nil))
                    try channel.pipeline.syncOperations.addHandler(TLSPipe(connection: connection))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenFailure { connection.pipeEnded(Self.end(for: $0)) }
    }

    /// TCP_USER_TIMEOUT (RFC 5482): sent bytes that stay unacknowledged this long end the connection.
    private static let userTimeout = ChannelOptions.Types.SocketOption(
        level: .tcp, name: NIOBSDSocket.Option(rawValue: 18))

    private var userTimeoutMilliseconds: SocketOptionValue {
        let parts = timing.silence.components
        return SocketOptionValue(clamping: max(parts.seconds, 0)) &* 1000
            &+ SocketOptionValue(clamping: parts.attoseconds / 1_000_000_000_000_000)
    }

    private static func end(for error: any Error) -> PipeEnd {
        let errors = (error as? NIOConnectionError)?.connectionErrors.map(\.error) ?? [error]
        return errors.contains { ($0 as? IOError)?.errnoCode == ECONNREFUSED } ? .connectRefused : .unreachable
    }
}
