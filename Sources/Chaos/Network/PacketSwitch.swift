/// The link's decisions, without descriptors, clocks or threads: where a packet goes and when.
///
/// Hosts are numbered in the order in which they were added. Packets of one direction arrive in the order in which they
/// were sent. Times are nanoseconds of one clock that does not go back.
package struct PacketSwitch: Sendable {
    /// What to do with a packet that was just sent.
    package enum Verdict: Equatable {
        /// Give it to this host now, and `count` it.
        case forward(Int)
        /// It is kept until it is due.
        case held
        case dropped
    }

    /// A packet that is due.
    package struct Arrival {
        package var from: Int
        package var to: Int
        package var bytes: [UInt8]
    }

    private struct Pair: Hashable {
        var from: String
        var to: String
    }

    /// One direction.
    private struct Link {
        var condition = LinkCondition()
        var delay: Int64 = 0
        var dice: LossDice
        var queue = PacketQueue()
        /// The time of its valid entry in the heap; others are leftovers.
        var scheduled: Int64?
        var traffic = LinkTraffic()
    }

    private let seed: UInt64
    private var names: [String: Int] = [:]
    private var addresses: [IPv4Address] = []
    private var numbers: [IPv4Address: Int] = [:]
    /// By sender, then receiver.
    private var links: [[Link]] = []
    /// What was wished for, also between names that have no host yet.
    private var wishes: [Pair: LinkCondition] = [:]
    private var heap = DueHeap()

    package init(seed: UInt64) { self.seed = seed }

    /// Whether a host could have this name.
    package func isFree(name: String) -> Bool { names[name] == nil }
    /// Whether a host could have this address.
    package func isFree(_ address: IPv4Address) -> Bool { numbers[address] == nil }

    /// Takes a host in whose name and address are free, with what was wished for its links before.
    package mutating func add(name: String, address: IPv4Address) {
        let new = addresses.count
        names[name] = new
        numbers[address] = new
        addresses.append(address)
        for from in links.indices { links[from].append(link(from: from, to: new)) }
        links.append(addresses.indices.map { link(from: new, to: $0) })
        for (pair, condition) in wishes where pair.from == name || pair.to == name {
            apply(condition, to: pair, now: 0)
        }
    }

    private func link(from: Int, to: Int) -> Link {
        Link(dice: LossDice(seed: seed, from: addresses[from], to: addresses[to]))
    }

    /// From now on packets fare like this. Those under way on a link that is cut are lost; on one that becomes faster
    /// they arrive as if they were sent now, if that is earlier.
    package mutating func set(_ condition: LinkCondition, from: String, to: String, now: Int64) {
        let pair = Pair(from: from, to: to)
        wishes[pair] = condition
        apply(condition, to: pair, now: now)
    }

    private mutating func apply(_ condition: LinkCondition, to pair: Pair, now: Int64) {
        guard let from = names[pair.from], let to = names[pair.to] else { return }
        let delay = condition.delayNanoseconds
        let isFaster = delay < links[from][to].delay
        links[from][to].condition = condition
        links[from][to].delay = delay
        if condition.isCut {
            links[from][to].traffic.dropped += UInt64(links[from][to].queue.removeAll())
        } else if isFaster {
            links[from][to].queue.hurry(to: now + delay)
            schedule(from: from, to: to)
        }
    }

    /// What was set last.
    package func condition(from: String, to: String) -> LinkCondition {
        wishes[Pair(from: from, to: to)] ?? LinkCondition()
    }

    /// What came of the packets so far.
    package func traffic(from: String, to: String) -> LinkTraffic {
        guard let from = names[from], let to = names[to] else { return LinkTraffic() }
        return links[from][to].traffic
    }

    /// A host sent a packet. `now` is asked only when the packet is held.
    package mutating func accept(_ packet: UnsafeRawBufferPointer, from: Int, now: () -> Int64) -> Verdict {
        guard let destination = IPv4Address(destinationOf: packet), let to = numbers[destination], to != from else {
            return .dropped
        }
        let condition = links[from][to].condition
        if condition.isCut || links[from][to].dice.falls(at: condition.loss) {
            links[from][to].traffic.dropped += 1
            return .dropped
        }
        let delay = links[from][to].delay
        // What was sent before goes before, also when it was sent while the link was slower.
        if delay == 0, links[from][to].queue.isEmpty { return .forward(to) }
        guard links[from][to].queue.append(packet, due: now() + delay) else {
            links[from][to].traffic.dropped += 1
            return .dropped
        }
        if links[from][to].scheduled == nil { schedule(from: from, to: to) }
        return .held
    }

    /// When the next packet is due at the latest; at that time there may be none yet.
    package var nextDue: Int64? { heap.first?.due }

    /// Takes out the next packet that is due at `now`. To be `count`ed when it was given to its host.
    package mutating func nextArrival(now: Int64) -> Arrival? {
        while let entry = heap.first, entry.due <= now {
            heap.removeFirst()
            guard links[entry.from][entry.to].scheduled == entry.due else { continue }
            links[entry.from][entry.to].scheduled = nil
            let bytes = links[entry.from][entry.to].queue.removeFirst(dueBy: now)
            schedule(from: entry.from, to: entry.to)
            if let bytes { return Arrival(from: entry.from, to: entry.to, bytes: bytes) }
        }
        return nil
    }

    /// A packet was given to its host, which took it or not.
    package mutating func count(from: Int, to: Int, bytes: Int, isTaken: Bool) {
        if isTaken {
            links[from][to].traffic.packets += 1
            links[from][to].traffic.bytes += UInt64(bytes)
        } else {
            links[from][to].traffic.dropped += 1
        }
    }

    private mutating func schedule(from: Int, to: Int) {
        guard let due = links[from][to].queue.firstDue, links[from][to].scheduled != due else { return }
        links[from][to].scheduled = due
        heap.insert(DueHeap.Entry(due: due, from: from, to: to))
    }
}
