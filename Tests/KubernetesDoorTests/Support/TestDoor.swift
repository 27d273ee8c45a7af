import Foundation
import KubernetesDoor
import NIOCore
import NIOPosix
import SwiftProtobuf
import UnaryGRPC

/// A plugin on a real unix socket, and calls as an API server makes them.
struct TestDoor {
    static let service = "/v2.KeyManagementService/"

    let upstream: TableUpstream
    let plugin: KMSPlugin
    let server: PluginServer
    let path: String

    init(
        upstream: TableUpstream = TableUpstream(), path: String = TestDoor.freshPath(),
        allowedUsers: Set<UInt32>? = nil, timing: PluginTiming = PluginTiming(),
        _ configuration: UnaryServerConfiguration = PluginServer.standardConfiguration
    ) async throws {
        self.upstream = upstream
        self.path = path
        var quick = configuration
        quick.drainGrace = .milliseconds(500)
        plugin = KMSPlugin(upstream: upstream, timing: timing)
        try await plugin.prepare()
        server = PluginServer(plugin: plugin, allowedUsers: allowedUsers, configuration: quick)
        try await server.listen(UnixSocketOptions(path: path))
    }

    static func freshPath() -> String { NSTemporaryDirectory() + "/k\(UInt32.random(in: 0 ... .max)).sock" }

    func caller() throws -> Caller { try Caller(path: path) }
}

/// One connection.
struct Caller {
    let client: UnaryClient

    init(path: String) throws {
        client = try UnaryClient(
            target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
    }

    func status() async throws -> V2_StatusResponse { try await call("Status", V2_StatusRequest()) }

    func decrypt(_ wrapped: V2_EncryptResponse) async throws -> [UInt8] {
        try await decrypt(wrapped.ciphertext, keyID: wrapped.keyID, annotations: wrapped.annotations)
    }

    func encrypt(_ plaintext: [UInt8]) async throws -> V2_EncryptResponse {
        var request = V2_EncryptRequest()
        request.plaintext = Data(plaintext)
        request.uid = "test"
        return try await call("Encrypt", request)
    }

    func decrypt(
        _ ciphertext: Data, keyID: String, annotations: [String: Data] = [:], seconds: Int64 = 20
    ) async throws -> [UInt8] {
        var request = V2_DecryptRequest()
        request.ciphertext = ciphertext
        request.keyID = keyID
        request.annotations = annotations
        let answer: V2_DecryptResponse = try await call("Decrypt", request, seconds: seconds)
        return Array(answer.plaintext)
    }

    func call<Answer: Message>(_ method: String, _ request: some Message, seconds: Int64 = 20) async throws -> Answer {
        let bytes: [UInt8] = try request.serializedBytes()
        let reply = try await client.call(
            TestDoor.service + method, ByteBuffer(bytes: bytes), deadline: .now() + .seconds(seconds))
        return try Answer(serializedBytes: Array(reply.readableBytesView))
    }
}

/// The status that a call fails with, or nil if it succeeds.
func code(_ body: () async throws -> Void) async -> GRPCCode? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? GRPCStatus)?.code ?? .unknown
    }
}

/// Waits until a condition holds, at most ten seconds.
func eventually(_ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return await condition()
}
