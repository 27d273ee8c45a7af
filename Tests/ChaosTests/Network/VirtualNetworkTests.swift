import Chaos
import Glibc
import Testing

@Suite("A virtual network", .enabled(if: VirtualNetwork.obstacle() == nil))
struct VirtualNetworkTests {
    /// Two hosts with a socket each.
    private struct Pair {
        let network: VirtualNetwork
        let hosts: (a: NetworkHost, b: NetworkHost)
        let sockets: (a: Datagram, b: Datagram)

        init() throws {
            network = try VirtualNetwork()
            hosts = (
                try network.addHost(named: "a", address: "10.86.0.1"),
                try network.addHost(named: "b", address: "10.86.255.2")
            )
            sockets = (try Datagram(at: hosts.a), try Datagram(at: hosts.b))
        }
    }

    @Test("Packets arrive both ways and are counted")
    func arrive() throws {
        let pair = try Pair()
        defer { pair.network.close() }
        pair.sockets.a.send(1, to: pair.hosts.b)
        #expect(pair.sockets.b.receive() == 1)
        pair.sockets.b.send(2, to: pair.hosts.a)
        #expect(pair.sockets.a.receive() == 2)
        // One byte of UDP in IPv4.
        #expect(pair.network.traffic(from: "a", to: "b") == LinkTraffic(packets: 1, bytes: 29, dropped: 0))
    }

    @Test("A delay is kept in its direction and the order stays")
    func delay() throws {
        let pair = try Pair()
        defer { pair.network.close() }
        pair.network.set(LinkCondition(delay: .milliseconds(60)), from: "a", to: "b")
        let clock = ContinuousClock()
        let start = clock.now
        for byte in 1...20 { pair.sockets.a.send(UInt8(byte), to: pair.hosts.b) }
        let received = (1...20).compactMap { _ in pair.sockets.b.receive() }
        #expect(received == Array(1...20))
        #expect(clock.now - start >= .milliseconds(60))
        #expect(pair.network.condition(from: "a", to: "b").delay == .milliseconds(60))
        #expect(pair.network.condition(from: "b", to: "a").delay == .zero)
    }

    @Test("A cut holds one way, at once, and ends")
    func cut() throws {
        let pair = try Pair()
        defer { pair.network.close() }
        pair.network.set(LinkCondition(delay: .milliseconds(100)), from: "a", to: "b")
        pair.sockets.a.send(1, to: pair.hosts.b)
        // Until the link's thread has it under way, there is nothing to lose there; either way it must not arrive.
        pair.network.set(LinkCondition(isCut: true), from: "a", to: "b")
        pair.sockets.a.send(2, to: pair.hosts.b)
        #expect(pair.sockets.b.receive(within: .milliseconds(200)) == nil)
        pair.sockets.b.send(3, to: pair.hosts.a)
        #expect(pair.sockets.a.receive() == 3)
        #expect(pair.network.traffic(from: "a", to: "b").dropped == 2)
        pair.network.set(LinkCondition(), from: "a", to: "b")
        pair.sockets.a.send(4, to: pair.hosts.b)
        #expect(pair.sockets.b.receive() == 4)
    }

    @Test("All is lost at a share of one")
    func loss() throws {
        let pair = try Pair()
        defer { pair.network.close() }
        pair.network.set(LinkCondition(loss: 1), from: "a", to: "b")
        for byte in 1...5 { pair.sockets.a.send(UInt8(byte), to: pair.hosts.b) }
        #expect(pair.sockets.b.receive(within: .milliseconds(100)) == nil)
    }

    /// The calling thread's network namespace, as `net:[NUMBER]`.
    private static func space() -> String {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/thread-self/ns/net", &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test("A thread and what it starts are inside; a loopback is there; the calling thread stays outside")
    func inside() throws {
        let pair = try Pair()
        defer { pair.network.close() }
        let outside = Self.space()
        let first = try pair.hosts.a.run { Self.space() }
        let second = try pair.hosts.a.run { Self.space() }
        let other = try pair.hosts.b.run { Self.space() }
        #expect(first == second && first != other && first != outside && outside == Self.space())
        let status = try pair.hosts.a.run { () -> Int32 in
            let test =
                "test \"$(readlink /proc/self/ns/net)\" = '\(Self.space())' && grep -q 127.0.0.1 /proc/net/fib_trie"
            return TestProgram.run("/bin/sh", ["-c", test])
        }
        #expect(status == 0)
    }

    @Test("What the body throws comes out")
    func throwing() throws {
        let pair = try Pair()
        defer { pair.network.close() }
        #expect(throws: ChaosError("here", "it is")) {
            try pair.hosts.a.run { throw ChaosError("here", "it is") }
        }
    }

    @Test(
        "An address that is not on the link or taken, and a name that is taken, are refused",
        arguments: [("c", "10.87.0.1"), ("c", "10.86.0.0"), ("c", "x"), ("c", "10.86.0.1"), ("a", "10.86.0.3")])
    func refuses(name: String, address: String) throws {
        let pair = try Pair()
        defer { pair.network.close() }
        #expect(throws: ChaosError.self) { try pair.network.addHost(named: name, address: address) }
    }

    @Test("A closed network carries nothing and lets nobody in")
    func closed() throws {
        let pair = try Pair()
        pair.network.close()
        pair.network.close()
        pair.network.set(LinkCondition(), from: "a", to: "b")
        #expect(throws: ChaosError("host a", "its network is closed")) { try pair.hosts.a.run { 1 } }
        #expect(throws: ChaosError("host c", "the network is closed")) {
            try pair.network.addHost(named: "c", address: "10.86.0.3")
        }
        pair.sockets.a.send(1, to: pair.hosts.b)
        #expect(pair.sockets.b.receive(within: .milliseconds(50)) == nil)
    }
}
