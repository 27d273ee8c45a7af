import Logging
import NIOCore
import Raft
import Synchronization
import Wire

/// What a peer network does, apart from how bytes travel: dialing, sessions, queues and calls. The TLS network and the
/// loopback twin both run on it.
// SAFETY: `isolated` state is read and written on `loop` only; what other threads use (`outboxes`, `meter`, `handlers`)
// locks.
final class PeerEngine: @unchecked Sendable {
    typealias Handler = @Sendable (PeerIdentity, [UInt8]) async throws -> [UInt8]

    let loop: any EventLoop
    let configuration: PeeringConfiguration
    let logger: Logger
    /// Tells this process from its predecessor on the same node.
    let process = UInt64.random(in: 1...UInt64.max)
    let outboxes: Outboxes
    let meter = Meter()
    let handlers = Mutex<[PeerService: Handler]>([:])

    // On the loop only.
    weak var delegate: (any PeerNetworkDelegate)?
    var transport: (any PeerTransport)?
    var rules: AdmissionRules
    var links: [UInt16: PeerLink] = [:]
    /// Every connection that has not ended.
    var connections: [ObjectIdentifier: PeerConnection] = [:]
    var isRunning = false
    /// While connections are being severed nobody says goodbye.
    private(set) var isSevering = false

    init(configuration: PeeringConfiguration, loop: any EventLoop, logger: Logger) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        outboxes = Outboxes(limit: configuration.limits.queueBytes)
        rules = AdmissionRules(trustDomain: configuration.trustDomain, own: configuration.hello, addresses: [:])
    }

    /// Refuses a configuration that no peer would accept.
    static func validate(_ configuration: PeeringConfiguration, peers: [PeerAddress]) throws(PeeringError) {
        guard NodeIdentity.isTrustDomain(configuration.trustDomain) else {
            throw .invalidConfiguration("the trust domain is not valid")
        }
        do throws(WireError) {
            _ = try configuration.hello.wireBytes()
        } catch {
            throw .invalidConfiguration("hello: \(error)")
        }
        try validate(peers, own: configuration.hello)
    }

    static func validate(_ peers: [PeerAddress], own: PeerHello) throws(PeeringError) {
        var names: Set<String> = [own.node]
        var numbers: Set<UInt16> = own.replica.nodeNumber.map { [$0] } ?? []
        for peer in peers {
            guard WireLimits.isName(peer.name), WireLimits.isName(peer.region) else {
                throw .invalidConfiguration("peer \(peer.name): the name or region is not valid")
            }
            guard peer.number > 0, names.insert(peer.name).inserted, numbers.insert(peer.number).inserted else {
                throw .invalidConfiguration("peer \(peer.name): name and number must be unique and not this node's")
            }
        }
    }

    // MARK: Start, stop, address book (on the loop)

    /// Peers may connect from now on.
    func open(over transport: any PeerTransport, peers: [PeerAddress]) {
        loop.assertInEventLoop()
        self.transport = transport
        update(peers: peers)
        isRunning = true
    }

    /// Dials every peer.
    func dialAll() {
        for link in links.values { dial(link) }
    }

    func update(peers: [PeerAddress]) {
        loop.assertInEventLoop()
        rules.addresses = Dictionary(uniqueKeysWithValues: peers.map { ($0.name, $0) })
        let fresh = Dictionary(uniqueKeysWithValues: peers.map { ($0.number, $0) })
        for link in links.values {
            let number = link.address.number
            if let address = fresh[number], address.name == link.address.name, address.region == link.address.region {
                if address != link.address { readdress(link, to: address) }
            } else {
                links[number] = nil
                remove(link)
            }
        }
        for address in peers where links[address.number] == nil {
            let timing = configuration.timing
            let backoff = Backoff(first: TimeAmount(timing.firstRetry), last: TimeAmount(timing.lastRetry))
            let link = PeerLink(address: address, backoff: backoff)
            links[address.number] = link
            if isRunning { dial(link) }
        }
    }

    /// A peer moved: what is open stays, the next dial goes to the new address.
    private func readdress(_ link: PeerLink, to address: PeerAddress) {
        link.address = address
        link.hasAnswered = false
        link.backoff.reset()
        guard link.outbound == nil, isRunning else { return }
        let dialing = link.dialing
        link.dialing = nil
        dialing?.end(.closed, saying: .goodbye)
        link.redial?.cancel()
        dial(link)
    }

    private func remove(_ link: PeerLink) {
        link.redial?.cancel()
        link.redial = nil
        let refused = Refused(reason: .removed, text: "no longer in the address book")
        endSession(of: link, because: .closed, saying: .refusal(refused.text))
        let name = link.address.name
        for connection in Array(connections.values)
        where connection.dialed?.name == name || connection.identity?.name == name { connection.refuse(refused) }
        for call in link.waiting { call.finish(.failure(.notConnected)) }
        link.waiting = []
    }

    /// Stops for good: with a goodbye to every peer, or as the death of the process would.
    func stop(goodbye: Bool) {
        loop.assertInEventLoop()
        isRunning = false
        for link in links.values {
            link.redial?.cancel()
            link.redial = nil
        }
        if goodbye {
            for connection in Array(connections.values) { connection.end(.closed, saying: .goodbye) }
        } else {
            severConnections()
        }
        for link in links.values {
            for call in link.waiting { call.finish(.failure(.notConnected)) }
            link.waiting = []
        }
        transport = nil
    }

    /// Ends every connection as the death of this process would; a running network dials again.
    func severConnections() {
        isSevering = true
        defer { isSevering = false }
        for connection in Array(connections.values) { connection.sever() }
    }

    // MARK: For connections (on the loop)

    /// A connection for a stream that a peer opened; nil while the network does not run. When too many are unfinished,
    /// the oldest of them ends: a peer is through its handshake long before it is the oldest, and those who only sit
    /// there cannot keep it out.
    func accept() -> PeerConnection? {
        guard isRunning else { return nil }
        let unfinished = connections.values.filter { $0.dialed == nil && !$0.isOpen }
        if unfinished.count >= configuration.limits.pendingHandshakes,
            let oldest = unfinished.min(by: { $0.began < $1.began })
        {
            meter.update { $0.refusals[.overload, default: 0] += 1 }
            oldest.sever()
        }
        return register(PeerConnection(engine: self, dialed: nil, purpose: .consensus))
    }

    func register(_ connection: PeerConnection) -> PeerConnection {
        connections[ObjectIdentifier(connection)] = connection
        return connection
    }

    func link(of connection: PeerConnection) -> PeerLink? {
        if let number = connection.dialed?.number ?? connection.identity?.replica.nodeNumber { return links[number] }
        return nil
    }

    func count(_ refused: Refused, on connection: PeerConnection) {
        meter.update { $0.refusals[refused.reason, default: 0] += 1 }
        logger.info(
            "Peer connection refused",
            metadata: [
                "peer.id": "\(connection.certificate?.name ?? connection.dialed?.name ?? "unknown")",
                "error.code": "\(refused.reason.rawValue)", "reason": "\(refused.text)",
            ])
    }

    func wasRefused(_ connection: PeerConnection, because reason: String) {
        meter.update { $0.refusedByPeers += 1 }
        logger.notice(
            "Refused by peer",
            metadata: [
                "peer.id": "\(connection.certificate?.name ?? connection.dialed?.name ?? "unknown")",
                "reason": "\(reason)",
            ])
        if !connection.isOpen, let dialed = connection.dialed { delegate?.peerDidRefuse(dialed, because: reason) }
    }
}
