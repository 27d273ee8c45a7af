import Peering
import Raft
import Testing
import Wire

/// Who is let in, on each implementation.
@Suite("Admission of peers", .timeLimit(.minutes(1)))
struct PeerAdmissionTests {
    /// One way in which a hello or certificate can be wrong.
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var expected: PeerRefusal
        var uris: [String]?
        var adjust: @Sendable (inout PeeringConfiguration) -> Void = { _ in }
    }

    static let faults: [Fault] = [
        Fault(testDescription: "another cluster", expected: .cluster) { $0.hello.cluster = [9] },
        Fault(testDescription: "another node's number", expected: .replica) {
            $0.hello.replica = ReplicaID(7 << 16 | 1)
        },
        Fault(testDescription: "a later protocol", expected: .protocolRange) { $0.hello.protocolRange = 5...6 },
        Fault(testDescription: "a hello for another node", expected: .identity) { $0.hello.node = "node-7" },
        Fault(testDescription: "a hello for another region", expected: .identity) { $0.hello.region = "region-7" },
        Fault(
            testDescription: "a certificate for another region", expected: .identity,
            uris: ["spiffe://claviger.test/region/region-7/node/node-2"]),
        Fault(
            testDescription: "an unknown node", expected: .unknownPeer,
            uris: ["spiffe://claviger.test/region/region-2/node/node-9"]),
        Fault(
            testDescription: "another trust domain", expected: .trustDomain,
            uris: ["spiffe://evil.test/region/region-2/node/node-2"]),
        Fault(
            testDescription: "an operator's certificate", expected: .certificate,
            uris: ["spiffe://claviger.test/operator/node-2"]),
        Fault(testDescription: "no name", expected: .certificate, uris: []),
        Fault(
            testDescription: "two names", expected: .certificate,
            uris: [TestFederation.uri(2), "spiffe://claviger.test/region/region-3/node/node-3"]),
    ]

    @Test(
        "A peer with a wrong identity is refused and counted, its neighbour is not", arguments: TransportKind.allCases,
        faults)
    func refused(_ kind: TransportKind, _ fault: Fault) async throws {
        let federation = try TestFederation(kind)
        let a = try federation.node(1)
        let bad = try federation.node(2, uris: fault.uris, adjust: fault.adjust)
        let good = try federation.node(3)
        try await a.start()
        try await bad.start()
        try await good.start()
        let badAddress = PeerAddress(
            name: "node-2", region: "region-2", number: 2, host: "127.0.0.1", port: bad.network.localPort ?? 0)
        try a.network.update(peers: [badAddress, good.address])
        try good.network.update(peers: [a.address])
        try bad.network.update(peers: [a.address])
        try await eventually { a.network.statistics.refusals[fault.expected, default: 0] > 0 }
        await a.recorder.wait(until: { !$0.connected.isEmpty })
        a.network.send([a.frame(to: good, index: 1)], to: good.replica)
        await good.recorder.wait(until: { !$0.frames.isEmpty })
        #expect(a.recorder.record.connected.map(\.name) == ["node-3"])
        #expect(bad.recorder.record.connected.isEmpty)
        await federation.stop(a, bad, good)
    }

    @Test("The delegate's refusal reaches the refused peer in words", arguments: TransportKind.allCases)
    func delegateRefuses(_ kind: TransportKind) async throws {
        let federation = try TestFederation(kind)
        let (a, b) = (try federation.node(1), try federation.node(2))
        a.recorder.change { $0.refusing["node-2"] = "your store is quarantined" }
        try await federation.start([a, b])
        await b.recorder.wait(until: { !$0.refusals.isEmpty })
        #expect(b.recorder.record.refusals.first == "your store is quarantined")
        #expect(a.network.statistics.refusals[.delegate, default: 0] > 0)
        #expect(b.network.statistics.refusedByPeers > 0)
        #expect(a.recorder.record.connected.isEmpty && b.recorder.record.connected.isEmpty)
        a.recorder.change { $0.refusing = [:] }
        await b.recorder.wait(until: { !$0.connected.isEmpty })
        await federation.stop(a, b)
    }

    @Test("An address book that cannot work is refused")
    func addressBook() throws {
        let federation = try TestFederation(.loopback)
        let node = try federation.node(1)
        let two = PeerAddress(name: "node-2", region: "region-2", number: 2, host: "h", port: 1)
        var other = two
        other.name = "node-3"
        for peers in [
            [two, two], [two, other], [PeerAddress(name: "node-1", region: "r", number: 5, host: "h", port: 1)],
        ] {
            #expect(throws: PeeringError.self) { try node.network.update(peers: peers) }
        }
    }

    @Test(
        "Only the exact form of a node's name is read",
        arguments: [
            "", "spiffe://", "spiffe://d/region/r/node/", "spiffe://d/region/r/node/n/", "spiffe://d/region//node/n",
            "SPIFFE://d/region/r/node/n", "spiffe://D/region/r/node/n", "spiffe://d/Region/r/node/n",
            "spiffe://d/region/r/node/n?x", "spiffe://d/region/r/node/n#x", "spiffe://d:1/region/r/node/n",
            "spiffe://d/region/r/node/%6e", "spiffe://d/region/r/node/-n", "spiffe://d/region/r/node/n_",
            "spiffe://d/node/n/region/r", "spiffe:///region/r/node/n", "spiffe://d/region/r/node/é",
            "spiffe://d/operator/n", "x spiffe://d/region/r/node/n", "spiffe://u@d/region/r/node/n",
            "spiffe://d/region/r/node/n\0", "spiffe://d/region/r/node/" + String(repeating: "a", count: 64),
        ])
    func badNames(_ uri: String) { #expect(NodeIdentity(uri: uri) == nil) }

    @Test("A node's name is read and written")
    func goodName() {
        let identity = NodeIdentity(trustDomain: "claviger.local", region: "eu-west-1", name: "eu-west")
        #expect(identity.description == "spiffe://claviger.local/region/eu-west-1/node/eu-west")
        #expect(NodeIdentity(uri: identity.description) == identity)
    }
}
