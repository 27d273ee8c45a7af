import ClientAPI
import NIOCore
import Synchronization
import Testing
import UnaryGRPC

@Suite(.timeLimit(.minutes(2))) struct FailoverTests {
    @Test func `the nearest holder is asked, and never a node outside the placement`() async throws {
        let federation = try await FakeFederation()
        let client = try await federation.client()
        for _ in 0..<50 {
            #expect(try await client.encrypt(key: "eu/acme/orders", plaintext: [1]).keyVersion == 7)
        }
        // On a busy machine an answer may take longer than the hedge waits: then a second holder is asked too, but the
        // nearest was asked first.
        let nearest = federation.nodes[1].keyCalls.load(ordering: .relaxed)
        #expect(nearest > 25, "only \(nearest) of 50 calls went to the nearest holder")
        #expect(federation.nodes[3].keyCalls.load(ordering: .relaxed) == 0)
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
