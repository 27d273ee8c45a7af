import Dispatch
import FrontDoors
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("Metrics door", .timeLimit(.minutes(1)))
struct MetricsDoorTests {
    /// Sends bytes and returns all that comes back until the door closes the connection.
    private func ask(_ door: MetricsDoor, _ request: String) async throws -> String {
        let port = try #require(door.port)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            for try await part in inbound { text += String(buffer: part) }
            return text
        }
    }

    private func get(_ path: String, _ method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    }

    private func withDoor(
        _ readiness: Readiness = Readiness(isReady: true, reasons: []), _ body: (MetricsDoor) async throws -> Void
    )
        async throws
    {
        let door = try await MetricsDoor.open(
            on: MultiThreadedEventLoopGroup.singleton, host: "127.0.0.1", port: 0, metrics: { "claviger_up 1\n" },
            readiness: { readiness })
        do {
            try await body(door)
        } catch {
            await door.close()
            throw error
        }
        await door.close()
    }

    @Test("Metrics, liveness and readiness are answered")
    func answers() async throws {
        try await withDoor { door in
            let metrics = try await ask(door, get("/metrics?x=1"))
            #expect(metrics.hasPrefix("HTTP/1.1 200 ") && metrics.hasSuffix("\r\n\r\nclaviger_up 1\n"))
            #expect(metrics.contains("text/plain; version=0.0.4"))
            for path in ["/livez", "/readyz"] {
                let reply = try await ask(door, get(path))
                #expect(reply.hasPrefix("HTTP/1.1 200 ") && reply.hasSuffix("\r\n\r\nok\n"))
            }
            let head = try await ask(door, get("/livez", "HEAD"))
            #expect(head.hasPrefix("HTTP/1.1 200 ") && head.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("A node that is not ready says why, and lives nevertheless")
    func notReady() async throws {
        try await withDoor(Readiness(isReady: false, reasons: ["the node is draining", "no quorum"])) { door in
            let reply = try await ask(door, get("/readyz"))
            #expect(reply.hasPrefix("HTTP/1.1 503 ") && reply.hasSuffix("\r\n\r\nthe node is draining\nno quorum\n"))
            #expect(try await ask(door, get("/livez")).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("Other paths, methods, large bodies and noise are refused")
    func refusals() async throws {
        try await withDoor { door in
            for (request, status) in [
                (get("/"), 404), (get("/metrics/../secrets"), 404), (get("/metrics", "POST"), 405),
            ] {
                let reply = try await ask(door, request)
                #expect(reply.hasPrefix("HTTP/1.1 \(status) "))
            }
            let body = String(repeating: "x", count: 5000)
            let large = try? await ask(door, "GET /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n\(body)")
            #expect(!(large ?? "").contains("claviger_up"))
            let noise = try? await ask(door, "\u{1}\u{2}\u{3}\r\n\r\n")
            #expect(!(noise ?? "").contains("claviger_up"))
            let alive = try await ask(door, get("/livez"))
            #expect(alive.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("However many ask at once, the metrics are made a few times only, and never stay old")
    func manyAsk() async throws {
        let counter = Counter()
        let door = try await MetricsDoor.open(
            on: MultiThreadedEventLoopGroup.singleton, host: "127.0.0.1", port: 0, metrics: { counter.next() },
            readiness: { Readiness(isReady: true, reasons: []) })
        let request = "GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n"
        let clock = ContinuousClock()
        let took = try await clock.measure {
            let replies = try await ask(door, String(repeating: request, count: 2000) + get("/metrics"))
            #expect(replies.split(separator: "claviger_made ").count == 2002)
        }
        let made = counter.count
        #expect(made <= 2 + Int(took / .milliseconds(20)), "\(made) times in \(took)")
        try await Task.sleep(for: .milliseconds(30))
        #expect(try await ask(door, get("/metrics")).hasSuffix("claviger_made \(made + 1)\n"))
        await door.close()
    }

    @Test("A node whose loops do not turn is not alive, though its door is open")
    func stuck() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let door = try await MetricsDoor.open(
            on: MultiThreadedEventLoopGroup.singleton, watching: [group.next()], host: "127.0.0.1", port: 0,
            metrics: { "claviger_up 1\n" }, readiness: { Readiness(isReady: true, reasons: []) })
        let release = DispatchSemaphore(value: 0)
        group.next().execute { release.wait() }
        let answered = Counter()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                let page = try await self.ask(door, self.get("/livez"))
                #expect(page.hasSuffix("ok\n"))
                _ = answered.next()
            }
            #expect(try await ask(door, get("/metrics")).hasSuffix("claviger_up 1\n"))
            try await Task.sleep(for: .milliseconds(100))
            #expect(answered.count == 0)
            release.signal()
            try await tasks.waitForAll()
        }
        await door.close()
        try await group.shutdownGracefully()
    }
}

/// Numbers the texts that were made.
private final class Counter: Sendable {
    private let made = Atomic<Int>(0)
    var count: Int { made.load(ordering: .relaxed) }
    func next() -> String { "claviger_made \(made.add(1, ordering: .relaxed).newValue)\n" }
}
