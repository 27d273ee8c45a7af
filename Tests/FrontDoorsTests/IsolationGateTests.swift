import FrontDoors
import KeyOperations
import NIOCore
import NIOPosix
import Synchronization
import Testing
import UnaryGRPC

/// Answers every call.
private struct WillingService: UnaryService {
    let methods = ["/test.Willing/Call"]
    func handle(_ call: UnaryCall) { call.respond(ByteBuffer(string: "done")) }
}

/// A client's calls of the service behind a gate, over a socket of its own.
private final class GatedCaller: Sendable {
    private let client: UnaryClient
    private let server: UnaryServer

    init(_ isolation: NodeIsolation) async throws {
        let path = "/tmp/claviger-gate-\(UInt32.random(in: 0 ... .max)).sock"
        server = UnaryServer(
            services: [IsolationGate(WillingService(), isolation: isolation)],
            group: MultiThreadedEventLoopGroup.singleton)
        client = try UnaryClient(
            target: .unixSocket(path: path), eventLoop: MultiThreadedEventLoopGroup.singleton.any())
        try await server.listen(unixSocket: UnixSocketOptions(path: path))
    }

    /// What a call gets: `done`, or the status that it was refused with.
    func call() async -> String {
        do {
            let reply = try await client.call("/test.Willing/Call", ByteBuffer(), deadline: .now() + .seconds(20))
            return String(buffer: reply)
        } catch {
            return "\(error)"
        }
    }

    func stop() async {
        await client.close()
        await server.shutdown()
    }
}

@Suite("The gate before a node that is out of service", .timeLimit(.minutes(2)))
struct IsolationGateTests {
    private static let refusal = "unavailable (14): this node is out of service for a drill"

    /// What the parts of a test hand to each other.
    private final class Ground: Sendable {
        let now = Atomic<UInt64>(1_000_000_000)
        let caller = Mutex<GatedCaller?>(nil)
        /// What a call got while the node handed over.
        let meanwhile = Mutex("")

        func isolation() -> NodeIsolation {
            NodeIsolation(
                handOver: {
                    let caller = self.caller.withLock { $0 }
                    let reply = await caller?.call() ?? ""
                    self.meanwhile.withLock { $0 = reply }
                    return true
                }, takeUp: {}, clock: { self.now.load(ordering: .relaxed) })
        }
    }

    @Test("Calls are served until everything is handed over, then refused until the very end")
    func order() async throws {
        let ground = Ground()
        let isolation = ground.isolation()
        let caller = try await GatedCaller(isolation)
        ground.caller.withLock { $0 = caller }
        #expect(await caller.call() == "done")
        try await isolation.begin(seconds: 10)
        #expect(ground.meanwhile.withLock { $0 } == "done", "it was refused before anybody else could lead")
        #expect(await caller.call() == Self.refusal)
        ground.now.add(9_000_000_000, ordering: .relaxed)
        #expect(await caller.call() == Self.refusal)
        // Nobody has looked at the clock yet.
        ground.now.add(1_000_000_000, ordering: .relaxed)
        #expect(await caller.call() == "done")
        try await isolation.begin(seconds: 10)
        #expect(await caller.call() == Self.refusal)
        isolation.end()
        #expect(await caller.call() == "done")
        ground.caller.withLock { $0 = nil }
        await caller.stop()
    }
}
