import Audit
import ClientAPI
import Foundation
import Glibc
import Testing
import Topology

/// Whole federations of real processes, under what happens to them in production.
@Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.absence), .timeLimit(.minutes(3)))
struct FederationTests {
    @Test("What one holder encrypts every holder decrypts, and nobody else")
    func everyHolderDecrypts() async throws {
        try await TestFederation.run { federation, client in
            let plaintext = Array("across regions".utf8)
            let sealed = try await client.encrypt(
                key: TestFederation.key, plaintext: plaintext, context: ["order": "7"])
            let ciphertext = Array(sealed.ciphertext)
            await #expect(throws: ClientError(.ciphertextRejected, "")) {
                _ = try await client.decrypt(ciphertext: ciphertext, context: ["order": "8"])
            }
            let plain = Array(try await client.encrypt(key: TestFederation.key, plaintext: plaintext).ciphertext)
            for holder in TestFederation.holders {
                try await federation.expectDecrypt(at: holder, of: plain, giving: plaintext)
            }
            #expect(try await federation.holdsEpoch("us-east", client) == false)
            #expect(try federation.decrypted(at: "us-east") == 0)
        }
    }

    @Test("What one holder has made or rotated every other one can use at once")
    func atOnce() async throws {
        try await TestFederation.run { federation, client in
            let makers = try await federation.client(preferring: ["eu-west"])
            let users = try await federation.client(preferring: ["eu-north"])
            for number in 0..<10 {
                let name = "eu/acme/at-once-\(number)"
                _ = try await makers.createKey(name)
                let sealed = try await users.encrypt(key: name, plaintext: [1])
                #expect(Array(try await makers.decrypt(ciphertext: Array(sealed.ciphertext)).plaintext) == [1])
            }
            let tally = try await Load(users).during {
                for number in 2...6 {
                    let key = try await makers.rotateKey(TestFederation.key).key
                    #expect(key.primaryVersion == UInt32(number))
                }
            }
            #expect(tally.failures.isEmpty, "\(tally.failures.count) of \(tally.calls): \(tally.failures.prefix(3))")
            await makers.close()
            await users.close()
        }
    }

    @Test("The leader dies under load without a failed crypto call or a lost write")
    func leaderDies() async throws {
        try await TestFederation.run { federation, client in
            let leader = try await federation.leader(client)
            let tally = try await Load(client).during(writes: true) {
                try #require(try federation.process(leader).send(SIGKILL))
                try await eventually("another node leads") { try await federation.leader(client) != leader }
                _ = try await client.createKey("eu/acme/after-the-death")
            }
            #expect(tally.failures.isEmpty, "\(tally.failures.count) of \(tally.calls): \(tally.failures.prefix(3))")
            #expect(!tally.made.isEmpty)
            for name in tally.made + ["eu/acme/after-the-death"] {
                #expect(try await client.describeKey(name, confirmed: true).name == name)
            }
            try await federation.start(leader)
            let audit = "\(federation.files(leader).dataPath)/audit"
            let verification = try AuditVerifier.verify(directory: audit)
            #expect(verification.isIntact && verification.records > 0, "\(String(describing: verification.fault))")
        }
    }

    @Test("A node without its disk is refused, and comes back by one command")
    func diskLoss() async throws {
        try await TestFederation.run { federation, client in
            let plaintext = Array("before the loss".utf8)
            let sealed = Array(try await client.encrypt(key: TestFederation.key, plaintext: plaintext).ciphertext)
            let lost = "eu-west"
            let process = try federation.process(lost)
            for incarnation in [UInt32(2), 3] {
                #expect(process.crash())
                try FileManager.default.removeItem(atPath: process.files.dataPath)
                try await federation.start(lost, untilReady: false)
                let pid = process.pid()
                try await eventually("the node says what to do") {
                    TextFile.lastLines(60, of: process.files.logPath)
                        .contains { $0.contains("claviger node rejoin \(lost)") }
                }
                #expect(!LocalFederation.isReady(try federation.node(lost)))

                _ = try await client.rejoinNode(lost)
                try await eventually("the node is ready again") { LocalFederation.isReady(try federation.node(lost)) }
                #expect(process.pid() == pid)
                let described = try await client.describeFederation()
                #expect(described.nodes.first { $0.name == lost }?.incarnation == incarnation)
                try await eventually("the node holds the epoch key") { try await federation.holdsEpoch(lost, client) }
                try await federation.expectDecrypt(at: lost, of: sealed, giving: plaintext)
            }
            try await eventually("it votes where it voted before") {
                let groups = try await client.nodeStatus(node: lost).groups
                return groups.count == 2
                    && groups.allSatisfy { group in
                        group.replicas.filter { $0.node == lost && $0.isVoter }.count == 1
                            && group.replicas.allSatisfy { !$0.node.hasPrefix("replica-") }
                    }
            }
            await #expect(throws: ClientError(.invalidKeyState, "")) { _ = try await client.rejoinNode(lost) }
        }
    }

    @Test("A leader that is told to stop leaves without a failed call")
    func drain() async throws {
        try await TestFederation.run { federation, client in
            let leader = try await federation.leader(client)
            let process = try federation.process(leader)
            let tally = try await Load(client).during(writes: true) {
                try #require(process.send(SIGTERM))
                try await eventually("the process ends by itself") { process.pid() == nil }
            }
            #expect(tally.failures.isEmpty, "\(tally.failures.count) of \(tally.calls): \(tally.failures.prefix(3))")
            #expect(TextFile.lastLines(20, of: process.files.logPath).contains { $0.contains("node stopped") })
            for name in tally.made { #expect(try await client.describeKey(name, confirmed: true).name == name) }
        }
    }
}
