import NIOCore
import NIOPosix
import Synchronization
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct CallTests {
    @Test(arguments: [0, 1, 32, 16_384, 70_000, 1 << 20])
    func `a message comes back as it was sent`(size: Int) async throws {
        let test = try await TestServer()
        let client = try test.client()
        let message = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0) })
        #expect(try await client.call("/test.Echo/Echo", message, deadline: soon()) == message)
        #expect(try await client.call("/test.Echo/Later", message, deadline: soon()) == message)
        #expect(test.echo.ticks.load(ordering: .relaxed) > 0)
        await client.close()
        await test.server.shutdown()
    }

    @Test func `the handler knows the caller by its certificate`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let reply = try await client.call("/test.Echo/Who", ByteBuffer(), deadline: soon())
        #expect(String(buffer: reply) == TestServer.caller)
        await test.server.shutdown()
    }

    @Test func `new connections see new credentials and the open ones go on`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let message = ByteBuffer(string: "before")
        #expect(try await client.call("/test.Echo/Echo", message, deadline: soon()) == message)
        let next = try TestAuthority()
        try test.server.replaceCredentials(try next.issue(TestServer.node))

        #expect(try await client.call("/test.Echo/Echo", message, deadline: soon()) == message)
        let newcomer = try test.client(as: try next.issue(TestServer.caller))
        #expect(try await newcomer.call("/test.Echo/Echo", message, deadline: soon()) == message)
        let late = try test.client()
        let status = await failure {
            _ = try await late.call("/test.Echo/Echo", message, deadline: .now() + .seconds(1))
        }
        #expect(status != nil)
        for client in [client, newcomer, late] { await client.close() }
        await test.server.shutdown()
    }

    @Test func `a failure carries code, message and metadata`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let status = await failure { _ = try await client.call("/test.Echo/Fail", ByteBuffer(), deadline: soon()) }
        #expect(status == GRPCStatus(.failedPrecondition))
        #expect(status?.message == "nö: 100%")
        #expect(status?.metadata["claviger-code"] == "stale")
        await test.server.shutdown()
    }

    @Test func `an unknown method is unimplemented`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let status = await failure { _ = try await client.call("/test.Echo/Nope", ByteBuffer(), deadline: soon()) }
        #expect(status == GRPCStatus(.unimplemented))
        await test.server.shutdown()
    }

    @Test func `a message above the limit is refused and the connection lives on`() async throws {
        var configuration = UnaryServerConfiguration()
        configuration.maximumMessageBytes = 1000
        let test = try await TestServer(configuration)
        let client = try test.client()
        let status = await failure {
            _ = try await client.call("/test.Echo/Echo", ByteBuffer(repeating: 1, count: 1001), deadline: soon())
        }
        #expect(status == GRPCStatus(.resourceExhausted))
        let fits = ByteBuffer(repeating: 1, count: 1000)
        #expect(try await client.call("/test.Echo/Echo", fits, deadline: soon()) == fits)
        await test.server.shutdown()
    }

    @Test func `a deadline ends the call at both ends`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let status = await failure {
            _ = try await client.call("/test.Echo/Hold", ByteBuffer(), deadline: .now() + .milliseconds(300))
        }
        #expect(status == GRPCStatus(.deadlineExceeded))
        #expect(await eventually { test.echo.cancelled.load(ordering: .relaxed) == 1 })
        await test.server.shutdown()
    }

    @Test func `cancelling the task resets the stream`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let task = Task {
            await failure { _ = try await client.call("/test.Echo/Hold", ByteBuffer(), deadline: soon()) }
        }
        #expect(await eventually { test.echo.held.load(ordering: .relaxed) == 1 })
        task.cancel()
        #expect(await task.value == GRPCStatus(.cancelled))
        #expect(await eventually { test.echo.cancelled.load(ordering: .relaxed) == 1 })
        await test.server.shutdown()
    }

    @Test func `a thousand calls are open on one connection at a time`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let message = ByteBuffer(integer: number)
                    return (try? await client.call("/test.Echo/Hold", message, deadline: soon(60))) == message
                }
            }
            #expect(await eventually { test.echo.held.load(ordering: .relaxed) == 1000 })
            #expect(test.server.connectionCount == 1)
            test.echo.releaseAll()
            for await isRight in group { #expect(isRight) }
        }
        await test.server.shutdown()
    }

    @Test func `more calls than the server allows wait their turn`() async throws {
        var configuration = UnaryServerConfiguration()
        configuration.maximumStreams = 4
        let test = try await TestServer(configuration)
        let client = try test.client()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let message = ByteBuffer(integer: number)
                    return (try? await client.call("/test.Echo/Echo", message, deadline: soon(60))) == message
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        await test.server.shutdown()
    }

    @Test func `sixty-four connections are served`() async throws {
        let test = try await TestServer()
        let credentials = try test.authority.issue(TestServer.caller)
        let clients = try (0..<64).map { _ in try test.client(as: credentials, slow) }
        await withTaskGroup(of: Bool.self) { group in
            for client in clients {
                group.addTask {
                    (try? await client.call("/test.Echo/Echo", ByteBuffer(string: "x"), deadline: soon(60))) != nil
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(test.server.connectionCount == 64)
        await test.server.shutdown()
    }

    @Test func `a drain lets running calls finish and the next call finds a new server`() async throws {
        let test = try await TestServer()
        let client = try test.client()
        let task = Task { try await client.call("/test.Echo/Hold", ByteBuffer(string: "held"), deadline: soon()) }
        #expect(await eventually { test.echo.held.load(ordering: .relaxed) == 1 })
        let shutdown = Task { await test.server.shutdown() }
        let refused = await eventually {
            await failure { _ = try await client.call("/test.Echo/Echo", ByteBuffer(), deadline: soon(1)) }?
                .wasProcessed == false
        }
        #expect(refused)
        test.echo.releaseAll()
        #expect(try await task.value == ByteBuffer(string: "held"))
        await shutdown.value
    }

    private var slow: UnaryClientConfiguration {
        var configuration = UnaryClientConfiguration()
        configuration.connectTimeout = .seconds(30)
        return configuration
    }
}
