package import Logging
import NIOCore
package import Raft
import Synchronization
package import Wire

/// The twin of `TLSPeerNetwork` inside one process: the same engine over streams in memory, where a certificate is its
/// name.
package final class LoopbackPeerNetwork: PeerNetwork {
    private let hub: LoopbackHub
    private let engine: PeerEngine
    private let transport: LoopbackTransport
    private let peers: Mutex<[PeerAddress]>
    private let port = Mutex<Int?>(nil)

    /// `uris` are the URI names in the pretended certificate; by default the one that fits the hello.
    /// Throws `PeeringError.invalidConfiguration` for a hello or an address book that cannot work.
    package init(
        hub: LoopbackHub, configuration: PeeringConfiguration, uris: [String]? = nil, peers: [PeerAddress],
        logger: Logger
    ) throws(PeeringError) {
        try PeerEngine.validate(configuration, peers: peers)
        self.hub = hub
        engine = PeerEngine(configuration: configuration, loop: hub.loop, logger: logger)
        let identity = NodeIdentity(
            trustDomain: configuration.trustDomain, region: configuration.hello.region, name: configuration.hello.node)
        transport = LoopbackTransport(
            hub: hub, engine: engine, identity: identity, uris: uris ?? [identity.description])
        self.peers = Mutex(peers)
    }

    /// Takes the port (zero: any free one of the hub) and begins to dial. The delegate is held weakly.
    package func start(delegate: any PeerNetworkDelegate) async throws {
        let (hub, engine, transport) = (self.hub, self.engine, self.transport)
        let peers = self.peers.withLock { $0 }
        let bound = try await engine.loop.submit { [weak delegate] () -> Int? in
            engine.delegate = delegate
            guard let port = hub.listen(transport, on: engine.configuration.port) else { return nil }
            engine.open(over: transport, peers: peers)
            engine.dialAll()
            return port
        }.get()
        guard let bound else {
            throw PeeringError.invalidConfiguration("port \(engine.configuration.port) is taken")
        }
        port.withLock { $0 = bound }
    }

    /// The hub's port of this network; nil before `start`.
    package var localPort: Int? { port.withLock { $0 } }

    /// Ends all connections. With `goodbye` peers see an orderly end, without it the death of a process.
    package func shutdown(goodbye: Bool) async {
        let (hub, engine) = (self.hub, self.engine)
        guard !engine.outboxes.isShut else { return }
        engine.outboxes.shut()
        let bound = port.withLock { $0.take() }
        try? await engine.loop.submit {
            if let bound { hub.close(bound) }
            engine.stop(goodbye: goodbye)
        }.get()
    }

    /// Replaces the address book: new peers are dialed, removed ones refused. Throws
    /// `PeeringError.invalidConfiguration`.
    package func update(peers: [PeerAddress]) throws(PeeringError) {
        let engine = self.engine
        try PeerEngine.validate(peers, own: engine.configuration.hello)
        self.peers.withLock { $0 = peers }
        engine.loop.execute { engine.update(peers: peers) }
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
