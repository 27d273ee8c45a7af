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

    @Test func `of many that want a socket left behind at the same time one gets it, and answers there`() async throws {
        for _ in 0..<20 {
            let path = freshPath()
            try leaveBehind(path)
            let servers = (0..<8).map { _ in server() }
            let winners = await withTaskGroup(of: Int?.self) { group -> [Int] in
                for (index, server) in servers.enumerated() {
                    group.addTask {
                        do {
                            try await server.listen(unixSocket: UnixSocketOptions(path: path))
                            return index
                        } catch {
                            #expect("\(error)".contains("in use"), "\(error)")
                            return nil
                        }
                    }
                }
                return await group.compactMap(\.self).reduce(into: [Int]()) { $0.append($1) }
            }
            try #require(winners.count == 1)
            let client = try UnaryClient(
                target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
            _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
            await servers[winners[0]].shutdown()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `the end of one server leaves the socket of the next alone`() async throws {
        let path = freshPath()
        let first = server()
        try await first.listen(unixSocket: UnixSocketOptions(path: path))
        try FileManager.default.removeItem(atPath: path)
        let second = server()
        try await second.listen(unixSocket: UnixSocketOptions(path: path))
        await first.shutdown()
        let client = try UnaryClient(
            target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon())
        await second.shutdown()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `owner and group are set, and what cannot be set leaves nothing behind`() async throws {
        let path = freshPath()
        let options = UnixSocketOptions(path: path, mode: 0o640, owner: getuid() + 1, group: getgid() + 1)
        let server = server()
        guard getuid() == 0 else {
            await #expect(throws: TransportError.self) { try await server.listen(unixSocket: options) }
            #expect(!FileManager.default.fileExists(atPath: path))
            return
        }
        try await server.listen(unixSocket: options)
        let found = try FileManager.default.attributesOfItem(atPath: path)
        #expect(found[.ownerAccountID] as? Int == Int(getuid()) + 1)
        #expect(found[.groupOwnerAccountID] as? Int == Int(getgid()) + 1)
        #expect(found[.posixPermissions] as? Int == 0o640)
        await server.shutdown()
    }

    @Test func `other files, abstract names and modes for everyone are refused`() async throws {
        let path = freshPath()
        try Data("keep".utf8).write(to: URL(fileURLWithPath: path))
        let link = freshPath()
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let directory = freshPath()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        for options in [
            UnixSocketOptions(path: path), UnixSocketOptions(path: link), UnixSocketOptions(path: directory),
            UnixSocketOptions(path: "@name"), UnixSocketOptions(path: freshPath(), mode: 0o666),
            UnixSocketOptions(path: freshPath() + "/nowhere.sock"),
        ] {
            await #expect(throws: TransportError.self) { try await server().listen(unixSocket: options) }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("keep".utf8))
        for path in [link, path, directory] { try FileManager.default.removeItem(atPath: path) }
    }

    /// A socket as a killed process leaves it.
    private func leaveBehind(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }
}
