import Chaos
import Testing

@Suite("The link's decisions")
struct PacketSwitchTests {
    private static let millisecond: Int64 = 1_000_000

    /// Two hosts, `a` (0) and `b` (1).
    private func pair(seed: UInt64 = 1) throws -> PacketSwitch {
        var table = PacketSwitch(seed: seed)
        table.add(name: "a", address: try #require(IPv4Address("10.86.0.1")))
        table.add(name: "b", address: try #require(IPv4Address("10.86.0.2")))
        return table
    }

    /// The beginning of an IPv4 packet; its last byte is `mark`.
    private func packet(to host: UInt8, mark: UInt8 = 0, size: Int = 40) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        bytes[0] = 0x45
        bytes.replaceSubrange(16..<20, with: [10, 86, 0, host])
        bytes[size - 1] = mark
        return bytes
    }

    private func send(
        _ packet: [UInt8], from: Int, at now: Int64, _ table: inout PacketSwitch
    ) -> PacketSwitch.Verdict {
        packet.withUnsafeBytes { table.accept($0, from: from) { now } }
    }

    /// The marks of what arrives at a time.
    private func marks(at now: Int64, _ table: inout PacketSwitch) -> [UInt8] {
        var found: [UInt8] = []
        while let arrival = table.nextArrival(now: now) { found.append(arrival.bytes.last ?? 0) }
        return found
    }

    @Test("Without delay a packet goes on at once, by its destination")
    func forwards() throws {
        var table = try pair()
        #expect(send(packet(to: 2), from: 0, at: 0, &table) == .forward(1))
        #expect(send(packet(to: 1), from: 1, at: 0, &table) == .forward(0))
        #expect(table.nextDue == nil)
    }

    @Test("What is for nobody, for the sender itself, or no IPv4 packet is forgotten")
    func forgets() throws {
        var table = try pair()
        var six = packet(to: 2)
        six[0] = 0x60
        for packet in [packet(to: 9), packet(to: 1), six, [0x45], []] {
            #expect(send(packet, from: 0, at: 0, &table) == .dropped)
        }
        #expect(table.traffic(from: "a", to: "b") == LinkTraffic())
    }

    @Test("A delayed packet arrives when it is due, not before")
    func delays() throws {
        var table = try pair()
        table.set(LinkCondition(delay: .milliseconds(40)), from: "a", to: "b", now: 0)
        #expect(send(packet(to: 2, mark: 7), from: 0, at: 5, &table) == .held)
        #expect(table.nextDue == 40 * Self.millisecond + 5)
        #expect(marks(at: 40 * Self.millisecond + 4, &table) == [])
        #expect(marks(at: 40 * Self.millisecond + 5, &table) == [7])
        #expect(send(packet(to: 1), from: 1, at: 0, &table) == .forward(0))
    }

    @Test("The order stays when a link becomes faster, and nothing waits longer than it would now")
    func order() throws {
        var table = try pair()
        table.set(LinkCondition(delay: .seconds(10)), from: "a", to: "b", now: 0)
        for mark in 1...3 { #expect(send(packet(to: 2, mark: UInt8(mark)), from: 0, at: 0, &table) == .held) }
        table.set(LinkCondition(delay: .milliseconds(1)), from: "a", to: "b", now: Self.millisecond)
        #expect(send(packet(to: 2, mark: 4), from: 0, at: Self.millisecond, &table) == .held)
        table.set(LinkCondition(), from: "a", to: "b", now: Self.millisecond)
        #expect(send(packet(to: 2, mark: 5), from: 0, at: Self.millisecond, &table) == .held)
        #expect(marks(at: Self.millisecond, &table) == [1, 2, 3, 4, 5])
        #expect(send(packet(to: 2), from: 0, at: 2 * Self.millisecond, &table) == .forward(1))
        #expect(marks(at: .max, &table) == [])
        #expect(table.nextDue == nil)
    }

    @Test("Packets under way on a link that becomes slower arrive when they would have")
    func slower() throws {
        var table = try pair()
        table.set(LinkCondition(delay: .milliseconds(10)), from: "a", to: "b", now: 0)
        _ = send(packet(to: 2, mark: 1), from: 0, at: 0, &table)
        table.set(LinkCondition(delay: .milliseconds(90)), from: "a", to: "b", now: 0)
        _ = send(packet(to: 2, mark: 2), from: 0, at: 0, &table)
        #expect(marks(at: 10 * Self.millisecond, &table) == [1])
        #expect(marks(at: 90 * Self.millisecond, &table) == [2])
    }

    @Test("A cut loses what is under way and what is sent, in its direction alone")
    func cuts() throws {
        var table = try pair()
        table.set(LinkCondition(delay: .milliseconds(10)), from: "a", to: "b", now: 0)
        _ = send(packet(to: 2, mark: 1), from: 0, at: 0, &table)
        table.set(LinkCondition(isCut: true), from: "a", to: "b", now: 0)
        #expect(send(packet(to: 2, mark: 2), from: 0, at: 0, &table) == .dropped)
        #expect(send(packet(to: 1), from: 1, at: 0, &table) == .forward(0))
        table.set(LinkCondition(delay: .milliseconds(20)), from: "a", to: "b", now: 0)
        _ = send(packet(to: 2, mark: 3), from: 0, at: 0, &table)
        #expect(marks(at: 10 * Self.millisecond, &table) == [])
        #expect(marks(at: 20 * Self.millisecond, &table) == [3])
        #expect(table.traffic(from: "a", to: "b").dropped == 2)
    }

    @Test("Loss is of the wished share, and the same for the same seed")
    func loss() throws {
        let verdicts = { (seed: UInt64) throws -> [Bool] in
            var table = try pair(seed: seed)
            table.set(LinkCondition(loss: 0.3), from: "a", to: "b", now: 0)
            return (0..<10_000).map { _ in send(packet(to: 2), from: 0, at: 0, &table) == .dropped }
        }
        let first = try verdicts(1)
        let same = try verdicts(1)
        let other = try verdicts(2)
        #expect((2800...3200).contains(first.count { $0 }))
        #expect(first == same)
        #expect(first != other)
    }

    @Test("A share outside of 0 to 1 and a negative delay do no harm", arguments: [-1, .nan, -.infinity] as [Double])
    func bounds(loss: Double) throws {
        var table = try pair()
        table.set(LinkCondition(delay: .seconds(-1), loss: loss), from: "a", to: "b", now: 0)
        #expect(send(packet(to: 2), from: 0, at: 0, &table) == .forward(1))
        table.set(LinkCondition(delay: .seconds(Int64.max), loss: 7), from: "a", to: "b", now: .max / 2)
        #expect(send(packet(to: 2), from: 0, at: 0, &table) == .dropped)
    }

    @Test("What was set before a host came holds for it")
    func wishes() throws {
        var table = PacketSwitch(seed: 1)
        table.set(LinkCondition(isCut: true), from: "a", to: "b", now: 0)
        table.add(name: "a", address: try #require(IPv4Address("10.86.0.1")))
        table.add(name: "b", address: try #require(IPv4Address("10.86.0.2")))
        #expect(send(packet(to: 2), from: 0, at: 0, &table) == .dropped)
        #expect(table.condition(from: "a", to: "b").isCut)
        #expect(table.condition(from: "b", to: "a") == LinkCondition())
    }

    @Test("A link that is full loses what more is sent, and only that")
    func full() throws {
        var table = try pair()
        table.set(LinkCondition(delay: .seconds(1)), from: "a", to: "b", now: 0)
        let large = packet(to: 2, size: 60_000)
        var held: UInt64 = 0
        for _ in 0..<1000 where send(large, from: 0, at: 0, &table) == .held { held += 1 }
        #expect((100..<1000).contains(held))
        #expect(table.traffic(from: "a", to: "b").dropped == 1000 - held)
        #expect(marks(at: .max, &table).count == Int(held))
        #expect(send(large, from: 0, at: 0, &table) == .held)
    }

    @Test("Many links together give everything out by its time and in its order")
    func together() throws {
        var table = PacketSwitch(seed: 1)
        for host in 1...6 {
            table.add(name: "\(host)", address: try #require(IPv4Address("10.86.0.\(host)")))
        }
        for from in 1...6 {
            for to in 1...6 where from != to {
                let delay = Duration.microseconds(100 * (from * 7 + to * 3 % 5) + 1)
                table.set(LinkCondition(delay: delay), from: "\(from)", to: "\(to)", now: 0)
            }
        }
        for step in 0..<3000 {
            _ = send(
                packet(to: UInt8(step / 7 % 6 + 1), mark: UInt8(step / 50)), from: step % 6, at: Int64(step), &table)
        }
        var last: [Int: UInt8] = [:]
        var time: Int64 = 0
        var count = 0
        while let due = table.nextDue {
            #expect(due >= time)
            time = due
            guard let arrival = table.nextArrival(now: due) else { continue }
            let link = arrival.from * 6 + arrival.to
            let mark = arrival.bytes.last ?? 0
            #expect(mark >= last[link] ?? 0)
            last[link] = mark
            count += 1
        }
        // A sixth is for the sender itself or less, depending on the step.
        #expect((2000...3000).contains(count))
    }

    @Test("What hosts take and do not take is counted")
    func traffic() throws {
        var table = try pair()
        table.count(from: 0, to: 1, bytes: 40, isTaken: true)
        table.count(from: 0, to: 1, bytes: 60, isTaken: true)
        table.count(from: 0, to: 1, bytes: 60, isTaken: false)
        #expect(table.traffic(from: "a", to: "b") == LinkTraffic(packets: 2, bytes: 100, dropped: 1))
        #expect(table.traffic(from: "a", to: "z") == LinkTraffic())
    }
}
