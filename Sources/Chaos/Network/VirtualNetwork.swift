import CChaos
import Glibc
import Synchronization

/// A network of hosts on this machine, joined by a link in user space that can delay, lose and cut.
///
/// Each host is a network namespace with a TUN device in 10.86.0.0/16. A thread carries each packet from the sender's
/// device to that of its IPv4 destination, under the condition of this direction; TCP and its checksums are the
/// kernel's. Nothing leads out of the network. What is no IPv4 packet, or for an address without a host, is forgotten.
package final class VirtualNetwork: Sendable {
    private static let device = "claviger"
    private static let prefix: Int32 = 16
    private static let mtu: Int32 = 1500
    /// Packets that wait in a device until the link's thread reads them: some milliseconds of a fast sender.
    private static let queue: Int32 = 4096

    private let link: LinkThread
    private let hosts = Mutex<[NetworkHost]>([])

    /// Why no such network can be made here, for a person; nil when it can.
    package static func obstacle() -> String? { found }

    /// Found by making a host and giving it up again.
    private static let found: String? = {
        switch PassingThread.run({ makeHost(IPv4Address(number: 10 << 24 | 86 << 16 | 1)) }) {
        case nil: return "the system gives no thread"
        case .failure(let error)?: return error.problem
        case .success(let (space, device))?:
            _ = Glibc.close(space)
            _ = Glibc.close(device)
            return nil
        }
    }()

    /// A network without hosts. The same seed loses the same packets of the same traffic.
    ///
    /// Throws when the system gives neither descriptor nor thread; whether hosts can be made is `obstacle`'s answer.
    package init(seed: UInt64 = 1) throws(ChaosError) { link = try LinkThread(seed: seed) }

    deinit { close() }

    /// A new host with a loopback and an address in 10.86.0.0/16, which all other hosts reach.
    ///
    /// Throws when name or address are taken or the address is not on the link, when the network is closed, and when
    /// the system refuses.
    package func addHost(named name: String, address: String) throws(ChaosError) -> NetworkHost {
        let place = "host \(name)"
        guard let number = IPv4Address(address), number.isOnLink else {
            throw ChaosError(place, "\(address) is no address of a host in 10.86.0.0/16")
        }
        if let objection = link.objection(name: name, address: number) { throw ChaosError(place, objection) }
        let made = PassingThread.run { Self.makeHost(number) }
        guard let made else { throw ChaosError(place, "the system gives no thread") }
        let (space, device): (Int32, Int32)
        switch made {
        case .success(let both): (space, device) = both
        case .failure(let error): throw ChaosError(place, error.problem)
        }
        let host = NetworkHost(name: name, address: address, space: space)
        guard link.add(name: name, address: number, device: device) else {
            throw ChaosError(place, link.objection(name: name, address: number) ?? "the network is closed")
        }
        hosts.withLock { $0.append(host) }
        return host
    }

    /// From now on, packets from one host to another fare like this. When it returns no packet passes under the old
    /// condition: those under way on a link that is cut are lost, those on a link that becomes faster arrive as if they
    /// were sent now, those on one that becomes slower as they would have. The order is kept.
    ///
    /// It is remembered for names that have no host yet. Each direction has its own condition.
    package func set(_ condition: LinkCondition, from: String, to: String) {
        link.set(condition, from: from, to: to)
    }

    /// What was set last; nothing was: no delay, no loss, no cut.
    package func condition(from: String, to: String) -> LinkCondition { link.condition(from: from, to: to) }

    /// What came of the packets from one host to another so far.
    package func traffic(from: String, to: String) -> LinkTraffic { link.traffic(from: from, to: to) }

    /// Ends the link: nothing arrives any more, and hosts can neither be entered nor added. Processes inside live on,
    /// alone in their namespace. May be called more than once.
    package func close() {
        link.end()
        for host in hosts.withLock({ $0 }) { host.close() }
    }

    /// Makes namespace and device, from a thread that ends afterwards.
    private static func makeHost(_ address: IPv4Address) -> Result<(space: Int32, device: Int32), ChaosError> {
        let space = claviger_network_create()
        guard space >= 0 else { return .failure(refusal("no network namespace can be made")) }
        let tun = claviger_network_tun(device)
        guard tun >= 0 else {
            let error = refusal("no TUN device can be made")
            _ = Glibc.close(space)
            return .failure(error)
        }
        guard claviger_network_configure(device, address.number.bigEndian, prefix, mtu, queue) == 0 else {
            let error = refusal("the TUN device cannot be given its address")
            _ = Glibc.close(tun)
            _ = Glibc.close(space)
            return .failure(error)
        }
        return .success((space, tun))
    }

    private static func refusal(_ what: String) -> ChaosError {
        ChaosError("virtual network", "\(what): \(NetworkFailure.phrase(errno))")
    }
}
