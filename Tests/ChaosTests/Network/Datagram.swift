import Chaos
import Glibc

/// A UDP socket of a host. It stays in the host's namespace, whichever thread uses it.
final class Datagram: Sendable {
    private let descriptor: Int32
    private let host: NetworkHost

    static let port: UInt16 = 4700

    init(at host: NetworkHost) throws {
        self.host = host
        let address = host.address
        descriptor = try host.run {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var name = Datagram.name(address)
            let bound = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard descriptor >= 0, bound == 0 else { throw ChaosError(address, String(cString: strerror(errno))) }
            return descriptor
        }
    }

    deinit { close(descriptor) }

    /// Sends one byte to a host.
    func send(_ byte: UInt8, to other: NetworkHost) {
        var name = Self.name(other.address)
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, [byte], 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The next byte that comes within a time.
    func receive(within time: Duration = .seconds(5)) -> UInt8? {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let parts = time.components
        let milliseconds = Int32(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000)
        guard poll(&polled, 1, milliseconds) == 1 else { return nil }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 1 ? byte : nil
    }

    private static func name(_ address: String) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr = in_addr(s_addr: IPv4Address(address)?.number.bigEndian ?? 0)
        return name
    }
}
