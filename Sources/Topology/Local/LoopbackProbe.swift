import Glibc

/// Looks at ports and sockets of this machine.
package enum LoopbackProbe {
    /// The status of `GET path` by plain HTTP/1.1; `nil` if nobody answers in time. `host` is an IPv4 address.
    package static func status(host: String, port: UInt16, path: String, timeoutMilliseconds: Int32 = 1000) -> Int? {
        // "HTTP/1.1 200": the first twelve bytes are all that counts.
        let reply = exchange(host: host, port: port, path: path, timeoutMilliseconds) { $0.count >= 12 }
        return reply.flatMap(status(of:))
    }

    /// The body of `GET path` by plain HTTP/1.1, as it was sent; `nil` unless the status is 200. At most 16 MiB.
    package static func text(host: String, port: UInt16, path: String, timeoutMilliseconds: Int32 = 3000) -> String? {
        let reply = exchange(host: host, port: port, path: path, timeoutMilliseconds) { $0.count >= 16 << 20 }
        guard let reply, status(of: reply) == 200 else { return nil }
        let separator = Array("\r\n\r\n".utf8)
        guard let end = reply.indices.first(where: { reply[$0...].starts(with: separator) }) else { return nil }
        return String(decoding: reply[(end + separator.count)...], as: UTF8.self)
    }

    private static func status(of reply: [UInt8]) -> Int? {
        guard reply.count >= 12, reply.starts(with: Array("HTTP/1.".utf8)), reply[8] == UInt8(ascii: " ") else {
            return nil
        }
        return Int(String(decoding: reply[9..<12], as: UTF8.self))
    }

    /// Sends a request and reads until it is enough or the server closes; `nil` if time runs out before that.
    private static func exchange(
        host: String, port: UInt16, path: String, _ timeoutMilliseconds: Int32, isEnough: ([UInt8]) -> Bool
    ) -> [UInt8]? {
        guard let descriptor = openSocket(), var address = address(host, port) else { return nil }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let connected = withSocketAddress(&address) { connect(descriptor, $0, $1) }
        guard connected == 0 || errno == EINPROGRESS else { return nil }
        guard wait(descriptor, for: Int16(POLLOUT), timeoutMilliseconds) else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var reply: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !isEnough(reply) {
            guard wait(descriptor, for: Int16(POLLIN), timeoutMilliseconds) else { return nil }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            reply += chunk[..<count]
        }
        return reply
    }

    /// Whether a server could listen on the port now.
    package static func isFree(host: String, port: UInt16) -> Bool {
        guard let descriptor = openSocket(), var address = address(host, port) else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return withSocketAddress(&address) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 1) == 0
    }

    /// Whether somebody takes connections on the unix socket at this path. That its file is there says little: it
    /// appears before its owner listens, and stays when the owner is killed.
    package static func isServed(socketPath path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withSocketAddress(&address) { connect(descriptor, $0, $1) } == 0
    }

    /// The IPv4 loopback address that a host of a local topology means; `nil` if it is another machine's.
    package static func loopbackAddress(of host: String) -> String? {
        if host == "localhost" { return "127.0.0.1" }
        guard host.hasPrefix("127."), address(host, 1) != nil else { return nil }
        return host
    }

    private static func openSocket() -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        return descriptor >= 0 ? descriptor : nil
    }

    private static func address(_ host: String, _ port: UInt16) -> sockaddr_in? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return inet_pton(AF_INET, host, &address.sin_addr) == 1 ? address : nil
    }

    private static func withSocketAddress<Address>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private static func wait(_ descriptor: Int32, for events: Int16, _ timeoutMilliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&request, 1, timeoutMilliseconds) == 1 && request.revents & events != 0
    }
}
