import ClientAPI
import NIOCore
import Synchronization
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct FailoverTests {
    @Test func `the nearest holder is asked, and never a node outside the placement`() async throws {
        let federation = try await FakeFederation()
        // Nobody is impatient, so only a failure could send a call elsewhere.
        let client = try await federation.client {
            $0.hedgeDelay = .minutes(5)
            $0.attemptTimeout = .minutes(5)
            $0.connection.connectTimeout = .minutes(5)
        }
        for _ in 0..<50 {
            #expect(
                try await client.encrypt(key: "eu/acme/orders", plaintext: [1], timeout: .minutes(1)).keyVersion == 7)
        }
        #expect(federation.nodes.map { $0.keyCalls.load(ordering: .relaxed) } == [0, 50, 0, 0])
        await client.close()
        await federation.stop()
    }

    @Test func `a second node is asked beside each slow one, not only beside the first`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client {
            $0.hedgeDelay = .milliseconds(20)
            $0.attemptTimeout = .minutes(5)
            $0.connection.connectTimeout = .minutes(5)
        }
        // The first answers at once that another one should be asked, the second not at all.
        federation.set(1, .noLeader)
        federation.set(0, .silent)
        let answer = try await client.encrypt(key: "eu/acme/orders", plaintext: [1], timeout: .minutes(1))
        #expect(answer.keyVersion == 7)
        #expect(federation.nodes[2].keyCalls.load(ordering: .relaxed) == 1)
        await client.close()
        await federation.stop()
    }

    @Test func `what a node said is the last word, not that the time was up while another one was asked`() async throws
    {
        let federation = try await FakeFederation()
        let client = try await federation.client { $0.hedgeDelay = .minutes(5) }
        _ = try await client.encrypt(key: "eu/acme/orders", plaintext: [1], timeout: .minutes(1))
        federation.set(1, .noLeader)
        federation.set(0, .silent)
        federation.set(2, .silent)
        await #expect(throws: ClientError(.noLeader, "")) {
            _ = try await client.encrypt(key: "eu/acme/orders", plaintext: [1], timeout: .seconds(2))
        }
        await client.close()
        await federation.stop()
    }

    @Test(arguments: [FakeNode.Mood.unavailable, .silent, .noLeader])
    func `no call fails while the nearest holder is sick`(mood: FakeNode.Mood) async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        for number in 0..<60 {
            if number == 10 { federation.set(1, mood) }
            #expect(
                try await client.encrypt(key: "eu/acme/orders", plaintext: [1], timeout: .seconds(20)).keyVersion == 7)
        }
        #expect(federation.nodes[3].keyCalls.load(ordering: .relaxed) == 0)
        await client.close()
        await federation.stop()
    }

    @Test func `no call fails while the nearest holder is stopped`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        for number in 0..<60 {
            if number == 10 { await federation.servers[1].shutdown() }
            #expect(
                try await client.encrypt(key: "eu/acme/orders", plaintext: [1], timeout: .seconds(20)).keyVersion == 7)
        }
        await client.close()
        await federation.stop()
    }

    @Test func `all attempts of a write carry one idempotency key`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        federation.set(0, .unavailable)
        federation.set(1, .noLeader)
        let answer = try await client.createKey("eu/acme/orders", timeout: .seconds(20))
        #expect(answer.key.name == "eu-3")
        let keys = federation.nodes.flatMap { $0.idempotencyKeys.withLock { $0 } }
        #expect(keys.count >= 3)
        #expect(Set(keys).count == 1)
        await client.close()
        await federation.stop()
    }

    @Test func `a sovereignty refusal is final and names where the call is allowed`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        _ = try await client.encrypt(key: "us/acme/orders", plaintext: [1])
        federation.set(3, .refusing)
        do {
            _ = try await client.encrypt(key: "us/acme/orders", plaintext: [1])
            Issue.record("the refusal was lost")
        } catch {
            #expect(error.code == .sovereigntyViolation)
            #expect(error.endpoints == ["a:1", "b:2"])
        }
        await client.close()
        await federation.stop()
    }

    @Test func `a write whose fate is unknown says so at its deadline`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        _ = try await client.encrypt(key: "us/acme/orders", plaintext: [1])
        federation.set(3, .silent)
        await #expect(throws: ClientError(.outcomeUnknown, "")) {
            _ = try await client.createKey("us/acme/orders", timeout: .seconds(1))
        }
        await client.close()
        await federation.stop()
    }

    @Test func `an unknown placement and a foreign ciphertext are refused`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        await #expect(throws: ClientError(.invalidRequest, "")) {
            _ = try await client.encrypt(key: "mars/acme/orders", plaintext: [1])
        }
        await #expect(throws: ClientError(.ciphertextRejected, "")) {
            _ = try await client.decrypt(ciphertext: [1, 2, 3])
        }
        await client.close()
        await federation.stop()
    }

    @Test func `the placement is read from a ciphertext's header`() {
        let header: [UInt8] = Array("CLVG".utf8) + [1, 1, 0, 2] + Array("eu".utf8) + [9, 9]
        #expect(CiphertextRoute.placement(ofCiphertext: header) == "eu")
        for length in 0..<10 { #expect(CiphertextRoute.placement(ofCiphertext: header.prefix(length)) == nil) }
        #expect(CiphertextRoute.placement(ofKey: "eu/acme/x") == "eu")
        #expect(CiphertextRoute.placement(ofKey: "EU/acme/x") == nil)
        #expect(CiphertextRoute.placement(ofKey: "/x") == nil)
    }
}
