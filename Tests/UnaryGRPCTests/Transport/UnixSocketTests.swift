import Foundation
import NIOCore
import NIOPosix
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(1))) struct UnixSocketTests {
    private func server() -> UnaryServer {
        UnaryServer(services: [EchoService()], group: MultiThreadedEventLoopGroup.singleton)
    }

    private func freshPath() -> String { NSTemporaryDirectory() + "/u\(UInt32.random(in: 0 ... .max)).sock" }

    @Test func `a unix socket serves with its mode and knows the caller's user`() async throws {
        let path = freshPath()
        let server = server()
        try await server.listen(unixSocket: UnixSocketOptions(path: path, mode: 0o600))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let client = try UnaryClient(
            target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        let reply = try await client.call("/test.Echo/Who", ByteBuffer(), deadline: soon())
        #expect(String(buffer: reply) == "uid \(getuid())")
        await server.shutdown()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a stale socket is reclaimed and a live one is not`() async throws {
        let path = freshPath()
        let first = server()
        try await first.listen(unixSocket: UnixSocketOptions(path: path))
        let second = server()
        await #expect(throws: TransportError.self) {
            try await second.listen(unixSocket: UnixSocketOptions(path: path))
        }
        // A hard link survives the clean exit as the socket that nobody answers on.
        try FileManager.default.linkItem(atPath: path, toPath: path + ".stale")
        await first.shutdown()
        try FileManager.default.moveItem(atPath: path + ".stale", toPath: path)
        try await second.listen(unixSocket: UnixSocketOptions(path: path))
        await second.shutdown()
    }

    @Test func `other files, abstract names and modes for everyone are refused`() async throws {
        let path = freshPath()
        try Data("keep".utf8).write(to: URL(fileURLWithPath: path))
        for options in [
            UnixSocketOptions(path: path), UnixSocketOptions(path: "@name"),
            UnixSocketOptions(path: freshPath(), mode: 0o666),
        ] {
            await #expect(throws: TransportError.self) { try await server().listen(unixSocket: options) }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("keep".utf8))
        try FileManager.default.removeItem(atPath: path)
    }
}
