import Foundation
import NIOCore
import NIOPosix
import Testing
import UnaryGRPC

/// Clients whose identity is on disk, while it changes there.
@Suite(.timeLimit(.minutes(2))) struct RenewedIdentityTests {
    private let directory = NSTemporaryDirectory() + "/i\(UInt32.random(in: 0 ... .max))"

    private func write(_ pem: (ca: String, certificate: String, key: String)) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (name, text) in [("ca", pem.ca), ("cert", pem.certificate), ("key", pem.key)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name).pem"), options: .atomic)
        }
    }

    private func who(_ client: UnaryClient) async throws -> String {
        String(buffer: try await client.call("/test.Echo/Who", ByteBuffer(), deadline: soon(60)))
    }

    /// Ends the client's connections, so that it makes another one.
    private func disconnect(_ test: TestServer) async throws -> TestServer {
        await test.server.shutdown()
        return try await TestServer(authority: test.authority, port: test.port)
    }

    @Test func `the next connection shows the renewed certificate, and a broken renewal changes nothing`() async throws
    {
        var test = try await TestServer()
        try write(try test.authority.pem(["spiffe://claviger.local/workload/old"]))
        var persistent = UnaryClientConfiguration()
        persistent.waitsForReady = true
        let client = try test.client(as: try TLSCredentials(directory: directory), persistent)
        #expect(try await who(client) == "spiffe://claviger.local/workload/old")

        let broken = try test.authority.pem(["spiffe://claviger.local/workload/broken"])
        let other = try test.authority.pem(["spiffe://claviger.local/workload/other"])
        for pem in [(broken.ca, broken.certificate, other.key), (broken.ca, "garbage", broken.key)] {
            try write(pem)
            test = try await disconnect(test)
            #expect(try await who(client) == "spiffe://claviger.local/workload/old")
        }

        try write(try test.authority.pem(["spiffe://claviger.local/workload/new"]))
        test = try await disconnect(test)
        #expect(try await who(client) == "spiffe://claviger.local/workload/new")

        await client.close()
        await test.server.shutdown()
        try FileManager.default.removeItem(atPath: directory)
    }

    @Test func `a renewed authority is trusted by the next connection`() async throws {
        let first = try await TestServer()
        try write(try first.authority.pem([TestServer.caller]))
        var persistent = UnaryClientConfiguration()
        persistent.waitsForReady = true
        let client = try first.client(as: try TLSCredentials(directory: directory), persistent)
        #expect(try await who(client) == TestServer.caller)
        await first.server.shutdown()

        let second = try await TestServer(port: first.port)
        try write(try second.authority.pem([TestServer.caller]))
        #expect(try await who(client) == TestServer.caller)
        await client.close()
        await second.server.shutdown()
        try FileManager.default.removeItem(atPath: directory)
    }
}
