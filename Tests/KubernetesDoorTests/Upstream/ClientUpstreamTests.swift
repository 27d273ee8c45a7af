import ClientAPI
import Foundation
import KubernetesDoor
import Logging
import Synchronization
import Testing
import Topology
import UnaryGRPC

/// The plugin on a real client, over mutual TLS.
@Suite(.timeLimit(.minutes(2))) struct ClientUpstreamTests {
    private let seed = (0..<32).map { UInt8($0) }
    private var soon: ContinuousClock.Instant { .now + .seconds(20) }

    @Test func `the runtime makes its socket once the key is proved, serves, sees a rotation, and removes the socket`()
        async throws
    {
        let node = try await FakeNode()
        node.service.failure.withLock { $0 = .keyNotFound }
        let configuration = try node.configuration
        let running = Task { try await PluginRuntime(configuration, logger: Logger(label: "test")).run() }
        let caller = try Caller(path: configuration.socket.path)
        await #expect(throws: GRPCStatus.self) { try await caller.status() }
        #expect(!FileManager.default.fileExists(atPath: configuration.socket.path))
        node.service.failure.withLock { $0 = nil }
        #expect(await eventually { (try? await caller.status().healthz) == "ok" })
        let old = try await caller.encrypt(seed)
        #expect(try await caller.status().keyID == old.keyID)
        node.service.version.withLock { $0 = 2 }
        #expect(await eventually { (try? await caller.status().keyID) != old.keyID })
        let new = try await caller.encrypt(seed)
        #expect(new.keyID != old.keyID)
        #expect(try await caller.decrypt(old.ciphertext, keyID: old.keyID) == seed)
        #expect(await code { _ = try await caller.decrypt(old.ciphertext, keyID: new.keyID) } == .invalidArgument)
        running.cancel()
        try await running.value
        #expect(!FileManager.default.fileExists(atPath: configuration.socket.path))
        try await node.stop()
    }

    @Test func `a runtime without a federation can be stopped`() async throws {
        let node = try await FakeNode()
        let configuration = try node.configuration
        await node.server.shutdown()
        let running = Task { try await PluginRuntime(configuration, logger: Logger(label: "test")).run() }
        try await Task.sleep(for: .milliseconds(50))
        running.cancel()
        try await running.value
        #expect(!FileManager.default.fileExists(atPath: configuration.socket.path))
        try await node.stop()
    }

    @Test func `an identity that cannot be read ends the runtime`() async throws {
        let node = try await FakeNode()
        var configuration = try node.configuration
        configuration.identity += "/nothing"
        let runtime = PluginRuntime(configuration, logger: Logger(label: "test"))
        await #expect(throws: TransportError.self) { try await runtime.run() }
        try await node.stop()
    }

    @Test(
        arguments: [
            (.permissionDenied, .refused), (.sovereigntyViolation, .refused), (.keyNotFound, .notFound),
            (.invalidKeyState, .disabled), (.ciphertextRejected, .rejectedCiphertext), (.unauthenticated, .unavailable),
            (.stale, .unavailable), (.sealed, .unavailable), (.noLeader, .unavailable), (.overloaded, .unavailable),
            (.auditUnavailable, .unavailable), (.internalError, .unavailable), (.invalidRequest, .invalid),
        ] as [(ClientError.Code, UpstreamError.Kind)])
    func `a node's errors have their meaning for the plugin`(code: ClientError.Code, kind: UpstreamError.Kind)
        async throws
    {
        let node = try await FakeNode()
        let access = try await node.access()
        _ = try await access.upstream.describe(confirmed: true, deadline: soon)
        node.service.failure.withLock { $0 = code }
        func found(_ body: () async throws -> Void) async -> UpstreamError.Kind? {
            do { try await body() } catch { return (error as? UpstreamError)?.kind }
            return nil
        }
        let upstream = access.upstream
        // An unwell node is asked again until the time is up; any other answer comes at once, whatever time is left.
        func deadline() -> ContinuousClock.Instant { .now + (kind == .unavailable ? .seconds(1) : .seconds(60)) }
        #expect(await found { _ = try await upstream.describe(confirmed: false, deadline: deadline()) } == kind)
        #expect(
            await found { _ = try await upstream.encrypt([1], version: 1, context: [], deadline: deadline()) }
                == (code == .invalidKeyState ? .versionRetired : kind))
        #expect(
            await found { _ = try await upstream.encrypt([1], version: 1, context: [], deadline: .now) } == .deadline)
        await access.close()
        try await node.stop()
    }

    @Test func `an identity that is renewed on disk is followed, past one that no node takes`() async throws {
        let node = try await FakeNode()
        let access = try await node.access()
        _ = try await access.upstream.describe(confirmed: true, deadline: soon)
        let following = Task { await access.followIdentity() }
        #expect(node.service.callers.withLock { $0 } == ["spiffe://claviger.local/workload/kms"])
        try node.renewIdentity(by: try CertificateAuthority.create(trustDomain: "claviger.local"))
        #expect(await access.reload() == false)
        try node.renewIdentity(by: node.authority, workload: "renewed")
        let isFollowed = await eventually {
            _ = try? await access.upstream.describe(confirmed: true, deadline: soon)
            return node.service.callers.withLock { $0 }.contains("spiffe://claviger.local/workload/renewed")
        }
        #expect(isFollowed)
        following.cancel()
        await following.value
        await access.close()
        try await node.stop()
    }

    @Test func `a renewed identity is taken, an unusable one is not`() async throws {
        let node = try await FakeNode()
        let access = try await node.access()
        let key = try await access.upstream.describe(confirmed: true, deadline: soon)
        try node.renewIdentity(by: node.authority)
        #expect(await access.reload())
        #expect(try await access.upstream.describe(confirmed: true, deadline: soon) == key)
        try Data("garbage".utf8).write(to: URL(fileURLWithPath: node.directory + "/me/cert.pem"))
        #expect(await access.reload() == false)
        try node.renewIdentity(by: try CertificateAuthority.create(trustDomain: "claviger.local"))
        #expect(await access.reload() == false)
        #expect(try await access.upstream.describe(confirmed: true, deadline: soon) == key)
        await access.close()
        try await node.stop()
    }
}
