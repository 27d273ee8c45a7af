package import Logging
import NIOCore
import NIOPosix
package import Raft
import Synchronization
package import Wire

/// The way to the other nodes over mutual TLS 1.3.
///
/// Each node dials every peer of its address book and sends its consensus frames on the connection that it dialed;
/// calls travel on a second connection, dialed at the first call.
package final class TLSPeerNetwork: PeerNetwork {
    private let engine: PeerEngine
    private let transport: TLSTransport
    private let group: MultiThreadedEventLoopGroup
    private let peers: Mutex<[PeerAddress]>
    private let listener = Mutex<(any Channel)?>(nil)

    /// Throws `PeeringError.invalidConfiguration` for certificates, a hello or an address book that cannot work.
    package init(
        configuration: PeeringConfiguration, identity: TLSIdentity, peers: [PeerAddress], logger: Logger
    ) throws(PeeringError) {
        try PeerEngine.validate(configuration, peers: peers)
        let contexts = try identity.contexts()
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        engine = PeerEngine(configuration: configuration, loop: group.next(), logger: logger)
        transport = TLSTransport(loop: engine.loop, timing: configuration.timing, contexts: contexts)
        self.peers = Mutex(peers)
    }

    /// Binds the listener and begins to dial. The delegate is held weakly. Throws when the address cannot be bound.
    package func start(delegate: any PeerNetworkDelegate) async throws {
        let engine = self.engine
        let transport = self.transport
        let peers = self.peers.withLock { $0 }
        try await engine.loop.submit { [weak delegate] in
            engine.delegate = delegate
            engine.open(over: transport, peers: peers)
        }.get()
        let channel = try await transport.listen(
            host: engine.configuration.host, port: engine.configuration.port, for: engine)
        listener.withLock { $0 = channel }
        try await engine.loop.submit { engine.dialAll() }.get()
    }

    /// The port that the listener is bound to; nil before `start`.
    package var localPort: Int? { listener.withLock { $0?.localAddress?.port } }

    /// Ends all connections and the listener. With `goodbye` peers see an orderly end, without it the death of a
    /// process.
    package func shutdown(goodbye: Bool) async {
        let engine = self.engine
        guard !engine.outboxes.isShut else { return }
        engine.outboxes.shut()
        let channel = listener.withLock { $0.take() }
        try? await channel?.close().get()
        try? await engine.loop.submit { engine.stop(goodbye: goodbye) }.get()
        try? await group.shutdownGracefully()
    }

    /// Replaces the address book: new peers are dialed, removed ones refused. Throws
    /// `PeeringError.invalidConfiguration`.
    package func update(peers: [PeerAddress]) throws(PeeringError) {
        let engine = self.engine
        try PeerEngine.validate(peers, own: engine.configuration.hello)
        self.peers.withLock { $0 = peers }
        guard !engine.outboxes.isShut else { return }
        engine.loop.execute { engine.update(peers: peers) }
    }

    /// New connections use this certificate; open ones stay. Throws `PeeringError.invalidConfiguration`.
    package func reload(identity: TLSIdentity) throws(PeeringError) {
        transport.reload(try identity.contexts())
    }

    /// Ends every connection without a goodbye, as the death of the process would, and dials again. For tests of
    /// failures.
    package func severConnections() {
        let engine = self.engine
        engine.loop.execute { engine.severConnections() }
    }

    /// Counters since the start.
    package var statistics: PeeringStatistics { engine.meter.snapshot }

    // MARK: PeerNetwork

    package func send(_ frames: [PeerFrame], to peer: ReplicaID) { engine.send(frames, to: peer) }

    package func isConnected(to peer: ReplicaID) -> Bool { engine.outboxes.isOpen(for: peer) }

    package func call(
        _ service: PeerService, on peer: ReplicaID, body: [UInt8], timeout: Duration
    ) async throws(PeeringError) -> [UInt8] {
        try await engine.call(service, on: peer, body: body, timeout: timeout)
    }

    package func serve(
        _ service: PeerService, _ handler: @escaping @Sendable (PeerIdentity, [UInt8]) async throws -> [UInt8]
    ) {
        engine.handlers.withLock { $0[service] = handler }
    }
}
