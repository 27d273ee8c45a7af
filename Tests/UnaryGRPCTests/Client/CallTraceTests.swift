import ClientAPI
import NIOCore
import Synchronization
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct CallTraceTests {
    @Test func `each attempt has an id that its node sees, and the trace says who answered`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        federation.set(0, .noLeader)
        let trace = CallTrace(name: "w7")
        let answer = try await ClavigerClient.$trace.withValue(trace) {
            try await client.createKey("eu/acme/orders", timeout: .seconds(20))
        }
        #expect(trace.attempts.map(\.id) == (1...trace.attempts.count).map { "w7.\($0)" })
        #expect(trace.attempts.count >= 2)
        #expect(trace.attempts.first?.node == "eu-1")
        #expect(trace.answeredBy == answer.key.name)
        for attempt in trace.attempts {
            let node = federation.nodes.first { $0.name == attempt.node }
            let ids = node?.requestIDs.withLock { $0 } ?? []
            #expect(ids.contains(attempt.id))
        }
        await client.close()
        await federation.stop()
    }

    @Test func `calls of one trace are counted on, and calls outside it bear no id`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        let trace = CallTrace(name: "twice")
        await ClavigerClient.$trace.withValue(trace) {
            for _ in 0..<2 { _ = try? await client.encrypt(key: "us/acme/orders", plaintext: [1]) }
        }
        _ = try await client.encrypt(key: "us/acme/orders", plaintext: [1])
        #expect(trace.attempts.map(\.id) == ["twice.1", "twice.2"])
        #expect(federation.nodes[3].requestIDs.withLock { $0 } == ["twice.1", "twice.2", nil])
        await client.close()
        await federation.stop()
    }

    @Test func `a trace knows whether a change may have been made although the call says otherwise`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        _ = try await client.encrypt(key: "us/acme/orders", plaintext: [1])
        let refused = CallTrace(name: "refused")
        federation.set(3, .refusing)
        _ = await ClavigerClient.$trace.withValue(refused) { try? await client.createKey("us/acme/orders") }
        #expect(!refused.mayHaveHappened)
        #expect(refused.answeredBy == "us-1")
        let silent = CallTrace(name: "silent")
        federation.set(3, .silent)
        _ = await ClavigerClient.$trace.withValue(silent) {
            try? await client.createKey("us/acme/orders", timeout: .milliseconds(300))
        }
        #expect(silent.mayHaveHappened)
        #expect(silent.answeredBy == nil)
        await client.close()
        await federation.stop()
    }

    @Test func `one node alone is asked once, whatever it answers`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        #expect(try await client.encrypt(key: "eu/acme/orders", plaintext: [1], at: "eu-3").keyVersion == 7)
        federation.set(2, .noLeader)
        await #expect(throws: ClientError(.noLeader, "")) {
            _ = try await client.encrypt(key: "eu/acme/orders", plaintext: [1], at: "eu-3", timeout: .seconds(20))
        }
        #expect(federation.nodes.map { $0.requestIDs.withLock { $0.count } } == [0, 0, 2, 0])
        await #expect(throws: ClientError(.unreachable, "")) {
            _ = try await client.encrypt(key: "eu/acme/orders", plaintext: [1], at: "nobody", timeout: .seconds(20))
        }
        await client.close()
        await federation.stop()
    }

    @Test func `a name leaves room for the number of the attempt`() {
        #expect(CallTrace.isName("3b0e7a5e-6a0c-4d4e-9e0a-0f4c5d6e7f80"))
        #expect(CallTrace.isName(String(repeating: "a", count: CallTrace.longestName)))
        #expect(!CallTrace.isName(String(repeating: "a", count: CallTrace.longestName + 1)))
        #expect(!CallTrace.isName(""))
        #expect(!CallTrace.isName("a b"))
    }
}
