import ClientAPI
import Foundation
import KubernetesDoor
import Logging
import Synchronization
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct RequestIDTests {
    @Test func `the uid of the API server's call names the calls to the nodes`() async throws {
        let node = try await FakeNode()
        let configuration = try node.configuration
        let running = Task { try await PluginRuntime(configuration, logger: Logger(label: "test")).run() }
        let socket = try KMSSocket(placement: "eu", path: configuration.socket.path)
        #expect(await eventually { (try? await socket.status().healthz) == "ok" })
        let uid = "3b0e7a5e-6a0c-4d4e-9e0a-0f4c5d6e7f80"
        let seed = [UInt8](repeating: 7, count: 32)
        let sealed = try await socket.encrypt(seed, uid: uid)
        // The plugin opens what it sealed before it gives it out.
        #expect(node.service.requestIDs.withLock { $0 } == ["\(uid).1", "\(uid).2"])
        #expect(try await socket.decrypt(sealed, uid: "c1") == seed)
        #expect(node.service.requestIDs.withLock { $0.last } == "c1.1")
        // What is no name is served all the same, and sent to nobody.
        #expect(try await socket.decrypt(sealed, uid: "not a name") == seed)
        #expect(node.service.requestIDs.withLock { $0.count } == 3)
        await socket.close()
        running.cancel()
        try await running.value
        try await node.stop()
    }
}
