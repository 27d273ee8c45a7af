import CChaos
import Glibc
import Synchronization

/// The thread that carries the packets of a virtual network: it reads them from the hosts' devices, asks a
/// `PacketSwitch` what to do, and writes them to others. It has descriptors of its own and closes them when it ends.
final class LinkThread: Sendable {
    private struct State {
        var table: PacketSwitch
        /// Devices by the numbers of their hosts.
        var devices: [Int32] = []
        var isEnding = false
    }

    /// Read from one device before the others have their turn.
    private static let batch = 64

    private let state: Mutex<State>
    /// Ends the thread's wait when something was changed that it has to look at.
    private let bell: Int32
    private let thread = Mutex<pthread_t?>(nil)

    init(seed: UInt64) throws(ChaosError) {
        state = Mutex(State(table: PacketSwitch(seed: seed)))
        bell = claviger_network_bell()
        guard bell >= 0 else {
            throw ChaosError("virtual network", "cannot be made: \(NetworkFailure.phrase(errno))")
        }
        let argument = Unmanaged.passRetained(self)
        var started = pthread_t()
        let failure = pthread_create(
            &started, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<LinkThread>.fromOpaque(argument).takeRetainedValue().carry()
                return nil
            }, argument.toOpaque())
        guard failure == 0 else {
            argument.release()
            throw ChaosError("virtual network", "the system gives no thread: \(NetworkFailure.phrase(failure))")
        }
        thread.withLock { $0 = started }
    }

    deinit { if bell >= 0 { _ = close(bell) } }

    /// Whether a host could have this name and this address; nil when it could, else why not. Also when it has ended.
    func objection(name: String, address: IPv4Address) -> String? {
        state.withLock { state in
            if state.isEnding { return "the network is closed" }
            if !state.table.isFree(name: name) { return "there is a host of this name already" }
            return state.table.isFree(address) ? nil : "there is a host with this address already"
        }
    }

    /// Takes a host in, and its device over. False, and the device is closed, when the thread has ended or name or
    /// address are taken.
    func add(name: String, address: IPv4Address, device: Int32) -> Bool {
        let isAdded = state.withLock { state in
            guard !state.isEnding, state.table.isFree(name: name), state.table.isFree(address) else { return false }
            state.table.add(name: name, address: address)
            state.devices.append(device)
            return true
        }
        if isAdded { claviger_network_ring(bell) } else { _ = close(device) }
        return isAdded
    }

    /// See `PacketSwitch.set`. When it returns no packet passes under the old condition.
    func set(_ condition: LinkCondition, from: String, to: String) {
        state.withLock { $0.table.set(condition, from: from, to: to, now: claviger_network_now()) }
        claviger_network_ring(bell)
    }

    func condition(from: String, to: String) -> LinkCondition {
        state.withLock { $0.table.condition(from: from, to: to) }
    }

    func traffic(from: String, to: String) -> LinkTraffic {
        state.withLock { $0.table.traffic(from: from, to: to) }
    }

    /// Ends the thread, waits for it, and closes the devices. May be called more than once.
    func end() {
        state.withLock { $0.isEnding = true }
        claviger_network_ring(bell)
        thread.withLock { thread in
            guard let running = thread else { return }
            pthread_join(running, nil)
            thread = nil
            state.withLock { state in
                for device in state.devices { _ = close(device) }
                state.devices = []
            }
        }
    }

    /// The thread's life.
    private func carry() {
        claviger_network_thread("virtual-link")
        var space = [UInt8](repeating: 0, count: 1 << 16)
        // The bell, then the devices.
        var polled = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        while true {
            let due: Int64? = state.withLock { state in
                for device in state.devices.dropFirst(polled.count - 1) {
                    polled.append(pollfd(fd: device, events: Int16(POLLIN), revents: 0))
                }
                return state.isEnding ? nil : state.table.nextDue ?? .max
            }
            guard let due else { return }
            let wait = due == .max ? -1 : max(0, due - claviger_network_now())
            let ready = claviger_network_wait(&polled, polled.count, wait)
            if ready > 0, polled[0].revents != 0 { claviger_network_hush(bell) }
            space.withUnsafeMutableBytes { space in
                state.withLock { state in
                    Self.deliver(&state)
                    guard ready > 0 else { return }
                    for host in polled.indices.dropFirst() where polled[host].revents != 0 {
                        Self.readBatch(of: host - 1, &state, space)
                    }
                }
            }
        }
    }

    /// Gives out what is due.
    private static func deliver(_ state: inout State) {
        while let due = state.table.nextDue, due <= claviger_network_now(),
            let arrival = state.table.nextArrival(now: claviger_network_now())
        {
            let isTaken = arrival.bytes.withUnsafeBytes { give($0, to: state.devices[arrival.to]) }
            state.table.count(from: arrival.from, to: arrival.to, bytes: arrival.bytes.count, isTaken: isTaken)
        }
    }

    /// Reads what a host sent, until there is no more or others have waited long enough.
    private static func readBatch(of host: Int, _ state: inout State, _ space: UnsafeMutableRawBufferPointer) {
        for _ in 0..<batch {
            let count = read(state.devices[host], space.baseAddress, space.count)
            guard count > 0 else { return }
            let packet = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(space)[..<count])
            guard case .forward(let receiver) = state.table.accept(packet, from: host, now: claviger_network_now) else {
                continue
            }
            let isTaken = give(packet, to: state.devices[receiver])
            state.table.count(from: host, to: receiver, bytes: count, isTaken: isTaken)
        }
    }

    /// A kernel that has no room refuses the packet, as a network card does.
    private static func give(_ packet: UnsafeRawBufferPointer, to device: Int32) -> Bool {
        write(device, packet.baseAddress, packet.count) == packet.count
    }
}
