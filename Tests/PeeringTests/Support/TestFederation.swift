import Logging
import Peering
import Raft
import Wire

/// The two implementations that one suite is run on.
enum TransportKind: String, CaseIterable, Sendable { case tls, loopback }

protocol TestableNetwork: PeerNetwork {
    var localPort: Int? { get }
    var statistics: PeeringStatistics { get }
    func start(delegate: any PeerNetworkDelegate) async throws
    func shutdown(goodbye: Bool) async
    func update(peers: [PeerAddress]) throws(PeeringError)
    func severConnections()
}

extension TLSPeerNetwork: TestableNetwork {}
extension LoopbackPeerNetwork: TestableNetwork {}

/// One node of a test.
struct TestNode: Sendable {
    let network: any TestableNetwork
    let recorder = Recorder()
    let replica: ReplicaID
    let name: String
    let region: String
    var number: UInt16 { UInt16(truncatingIfNeeded: replica.rawValue >> 16) }

    var address: PeerAddress {
        PeerAddress(name: name, region: region, number: number, host: "127.0.0.1", port: network.localPort ?? 0)
    }

    func start() async throws { try await network.start(delegate: recorder) }

    func frame(to other: TestNode, index: UInt64, payload: Int = 0) -> PeerFrame {
        .message(
            group: GroupID(1),
            Message(
                kind: .propose, to: other.replica, from: replica, index: LogIndex(index),
                entries: [LogEntry(payload: Array(repeating: 7, count: payload))]))
    }
}

/// Networks of one kind that know each other.
struct TestFederation: Sendable {
    let kind: TransportKind
    let hub = LoopbackHub()
    let issuer: TestIssuer

    init(_ kind: TransportKind) throws {
        self.kind = kind
        issuer = try TestIssuer()
    }

    static func configuration(_ number: UInt64, incarnation: UInt64 = 1) -> PeeringConfiguration {
        var timing = PeeringTiming()
        timing.handshake = .milliseconds(500)
        timing.probe = .milliseconds(50)
        timing.silence = .milliseconds(600)
        timing.lastRetry = .milliseconds(100)
        return PeeringConfiguration(
            trustDomain: "claviger.test",
            hello: PeerHello(
                cluster: [1, 2, 3], replica: ReplicaID(number << 16 | incarnation),
                store: Array(repeating: UInt8(number), count: 16), node: "node-\(number)", region: "region-\(number)"),
            host: "127.0.0.1", port: 0, timing: timing)
    }

    static func uri(_ number: UInt64) -> String { "spiffe://claviger.test/region/region-\(number)/node/node-\(number)" }

    /// Makes a node; `uris` are the names in its certificate.
    func node(
        _ number: UInt64, incarnation: UInt64 = 1, uris: [String]? = nil, port: Int = 0,
        adjust: (inout PeeringConfiguration) -> Void = { _ in }
    ) throws -> TestNode {
        var configuration = Self.configuration(number, incarnation: incarnation)
        configuration.port = port
        adjust(&configuration)
        let uris = uris ?? [Self.uri(number)]
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let network: any TestableNetwork =
            switch kind {
            case .tls:
                try TLSPeerNetwork(
                    configuration: configuration, identity: try issuer.identity(uris), peers: [], logger: logger)
            case .loopback:
                try LoopbackPeerNetwork(
                    hub: hub, configuration: configuration, uris: uris, peers: [], logger: logger)
            }
        return TestNode(
            network: network, replica: configuration.hello.replica, name: "node-\(number)", region: "region-\(number)")
    }

    /// Starts nodes and gives each the addresses of the others.
    func start(_ nodes: [TestNode]) async throws {
        for node in nodes { try await node.start() }
        try introduce(nodes)
    }

    func introduce(_ nodes: [TestNode]) throws {
        for node in nodes {
            try node.network.update(peers: nodes.filter { $0.name != node.name }.map(\.address))
        }
    }

    /// Two nodes that are connected to each other.
    func pair() async throws -> (TestNode, TestNode) {
        let (a, b) = (try node(1), try node(2))
        try await start([a, b])
        await a.recorder.wait(until: { !$0.connected.isEmpty })
        await b.recorder.wait(until: { !$0.connected.isEmpty })
        return (a, b)
    }

    func stop(_ nodes: TestNode...) async {
        for node in nodes { await node.network.shutdown(goodbye: true) }
    }
}

/// Waits for a counter, which has no event of its own. The suites' time limits end a wait that is in vain.
func eventually(_ condition: () async -> Bool) async throws {
    while !(await condition()) { try await Task.sleep(for: .milliseconds(2)) }
}
