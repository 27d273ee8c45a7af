import NIOCore
import NIOPosix

/// Connects the loopback networks of one process, and breaks the connections on request.
// SAFETY: every property but `loop` is read and written on `loop` only.
package final class LoopbackHub: @unchecked Sendable {
    let loop: any EventLoop
    private var listeners: [Int: LoopbackTransport] = [:]
    private var nextPort = 1
    private var partitions: Set<Pair> = []
    private var delays: [Pair: TimeAmount] = [:]
    private var pipes: [LoopbackPipe] = []

    /// Two node names, in order.
    struct Pair: Hashable {
        let low: String
        let high: String
        init(_ a: String, _ b: String) { (low, high) = a < b ? (a, b) : (b, a) }
    }

    package init() { loop = MultiThreadedEventLoopGroup.singleton.next() }

    /// Bytes between two nodes vanish from now on, and dials go unanswered: both sides notice by silence only.
    package func partition(_ a: String, _ b: String) async {
        await run { hub in
            hub.partitions.insert(Pair(a, b))
            for pipe in hub.pipes where pipe.pair == Pair(a, b) { pipe.isBlackholed = true }
        }
    }

    /// New connections between two nodes work again.
    package func heal(_ a: String, _ b: String) async {
        await run { $0.partitions.remove(Pair(a, b)) }
    }

    /// Bytes between two nodes take this long from now on.
    package func delay(_ a: String, _ b: String, by time: Duration) async {
        await run { $0.delays[Pair(a, b)] = TimeAmount(time) }
    }

    /// Ends every connection between two nodes without a goodbye.
    package func cut(_ a: String, _ b: String) async {
        await run { hub in
            for pipe in hub.pipes where pipe.pair == Pair(a, b) { pipe.lose() }
        }
    }

    private func run(_ body: @escaping @Sendable (LoopbackHub) -> Void) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.execute {
                body(self)
                continuation.resume()
            }
        }
    }

    // MARK: On the loop

    func listen(_ transport: LoopbackTransport, on port: Int) -> Int? {
        var port = port
        if port == 0 {
            while listeners[nextPort] != nil { nextPort += 1 }
            port = nextPort
            nextPort += 1
        }
        guard listeners[port] == nil else { return nil }
        listeners[port] = transport
        return port
    }

    func close(_ port: Int) { listeners[port] = nil }

    func connect(_ transport: LoopbackTransport, to port: Int, for connection: PeerConnection) {
        guard let target = listeners[port] else { return connection.pipeEnded(.connectRefused) }
        let pair = Pair(transport.identity.name, target.identity.name)
        // Unanswered: the connection's own handshake timer ends it.
        guard !partitions.contains(pair) else { return }
        guard let accepted = target.engine.accept() else { return connection.pipeEnded(.lost) }
        let near = LoopbackPipe(hub: self, connection: connection, pair: pair)
        let far = LoopbackPipe(hub: self, connection: accepted, pair: pair)
        near.other = far
        far.other = near
        pipes += [near, far]
        connection.attach(near)
        accepted.attach(far)
        accepted.secured(uris: transport.uris)
        connection.secured(uris: target.uris)
    }

    /// Runs `arrival` when bytes that leave now are there; in the order in which they left.
    func carry(_ pair: Pair, _ arrival: @escaping @Sendable () -> Void) {
        guard let delay = delays[pair] else { return loop.execute(arrival) }
        loop.scheduleTask(in: delay, arrival)
    }

    func forget(_ pipe: LoopbackPipe) { pipes.removeAll { $0 === pipe } }
}

/// One end of a stream in memory.
// SAFETY: used on the hub's event loop only.
final class LoopbackPipe: PeerPipe, @unchecked Sendable {
    private let hub: LoopbackHub
    private var connection: PeerConnection?
    let pair: LoopbackHub.Pair
    weak var other: LoopbackPipe?
    var isBlackholed = false

    init(hub: LoopbackHub, connection: PeerConnection, pair: LoopbackHub.Pair) {
        self.hub = hub
        self.connection = connection
        self.pair = pair
    }

    var isWritable: Bool { connection != nil }

    func write(_ bytes: ByteBuffer) {
        guard connection != nil, !isBlackholed, let other else { return }
        hub.carry(pair) {
            other.connection?.received(bytes)
            other.connection?.readCompleted()
        }
    }

    func close() {
        guard connection != nil else { return }
        connection = nil
        hub.forget(self)
        guard !isBlackholed, let other else { return }
        hub.loop.execute { other.lose() }
    }

    func sever() { close() }

    /// The stream broke: this end notices, and the other.
    func lose() {
        let connection = self.connection
        close()
        connection?.pipeEnded(.lost)
    }
}

/// A loopback network's address and certificate.
final class LoopbackTransport: PeerTransport {
    let hub: LoopbackHub
    let engine: PeerEngine
    let identity: NodeIdentity
    /// What stands in the certificate, as URI names.
    let uris: [String]

    init(hub: LoopbackHub, engine: PeerEngine, identity: NodeIdentity, uris: [String]) {
        self.hub = hub
        self.engine = engine
        self.identity = identity
        self.uris = uris
    }

    func dial(_ address: PeerAddress, for connection: PeerConnection) {
        hub.loop.execute { self.hub.connect(self, to: address.port, for: connection) }
    }
}
