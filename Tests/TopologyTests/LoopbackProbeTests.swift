import Foundation
import Testing
import Topology

#if canImport(Glibc)
import Glibc
#endif

/// Listens on a port that the system chooses, and gives one reply to each caller in a thread of its own.
final class LoopbackListener {
    let port: UInt16
    private let descriptor: Int32

    init(reply: String) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread {
            while true {
                let caller = accept(descriptor, nil, nil)
                guard caller >= 0 else {
                    // Closed here alone: while this thread may still accept, the number must not become that of
                    // another listener.
                    close(descriptor)
                    return
                }
                var request = [UInt8](repeating: 0, count: 1024)
                _ = recv(caller, &request, request.count, 0)
                _ = send(caller, reply, reply.utf8.count, Int32(MSG_NOSIGNAL))
                close(caller)
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}

@Suite("Asking a port of this machine")
struct LoopbackProbeTests {
    @Test("A socket's file alone does not say that somebody takes connections on it")
    func unixSocket() throws {
        let path = FileManager.default.temporaryDirectory.path + "/claviger-\(UInt32.random(in: .min ... .max)).sock"
        defer { unlink(path) }
        #expect(!LoopbackProbe.isServed(socketPath: path))
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        #expect(!LoopbackProbe.isServed(socketPath: path))
        try #require(listen(descriptor, 1) == 0)
        #expect(LoopbackProbe.isServed(socketPath: path))
        close(descriptor)
        #expect(!LoopbackProbe.isServed(socketPath: path), "who is killed leaves the file behind")
        #expect(!LoopbackProbe.isServed(socketPath: String(repeating: "long", count: 50)))
    }

    @Test(
        "The status of an HTTP reply is read",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Int?.some(200)), ("HTTP/1.0 503 No\r\n\r\n", 503),
            ("", nil), ("HTTP/1.1", nil), ("SSH-2.0-OpenSSH_9.2\r\n", nil), ("HTTP/1.1 abc\r\n\r\n", nil),
        ])
    func status(_ reply: String, _ status: Int?) throws {
        let listener = try LoopbackListener(reply: reply)
        #expect(
            LoopbackProbe.status(host: "127.0.0.1", port: listener.port, path: "/readyz", timeoutMilliseconds: 20_000)
                == status)
    }

    @Test("Nobody at the port is no status")
    func nobody() throws {
        let port = try LoopbackListener(reply: "").port
        #expect(LoopbackProbe.status(host: "not an address", port: port, path: "/") == nil)
        #expect(LoopbackProbe.status(host: "127.0.0.1", port: 1, path: "/") == nil)
    }

    @Test(
        "Only addresses of this machine are loopback addresses",
        arguments: [
            ("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("127.1.2.3", "127.1.2.3"), ("10.0.0.1", nil),
            ("127.example", nil), ("", nil),
        ])
    func loopback(_ host: String, _ address: String?) { #expect(LoopbackProbe.loopbackAddress(of: host) == address) }
}
