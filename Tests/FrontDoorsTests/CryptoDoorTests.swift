import ClientAPI
import Cluster
import FrontDoors
import KeyModel
import KeyOperations
import KeyReplication
import NIOCore
import Raft
import Storage
import SwiftProtobuf
import Telemetry
import Testing
import UnaryGRPC

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Crypto door", .serialized, .timeLimit(.minutes(3)))
struct CryptoDoorTests {
    private func encryption(_ plaintext: [UInt8], key: String = "eu/acme/orders", context: [String] = ["a"])
        -> Claviger_V1_EncryptRequest
    {
        var request = Claviger_V1_EncryptRequest()
        request.key = key
        request.plaintext = Data(plaintext)
        request.context = context.map { name in
            var entry = Claviger_V1_ContextEntry()
            entry.name = name
            entry.value = "1"
            return entry
        }
        return request
    }

    private func decryption(_ ciphertext: Data, context: [Claviger_V1_ContextEntry], key: String = "")
        -> Claviger_V1_DecryptRequest
    {
        var request = Claviger_V1_DecryptRequest()
        request.ciphertext = ciphertext
        request.context = context
        request.key = key
        return request
    }

    @Test(
        "What is sealed through the door is opened through it, under the same context and for that key only"
    )
    func roundTrip() async throws {
        try await DoorNode.run { node in
            let client = try node.client()
            let asked = encryption([1, 2, 3])
            let sealed = try await client.call("Encrypt", asked, as: Claviger_V1_EncryptResponse.self)
            #expect(sealed.keyVersion == 1 && sealed.keyID.count == 16)
            let opened = try await client.call(
                "Decrypt", decryption(sealed.ciphertext, context: asked.context, key: "eu/acme/orders"),
                as: Claviger_V1_DecryptResponse.self)
            #expect(opened.plaintext == Data([1, 2, 3]) && opened.key == "eu/acme/orders" && opened.keyVersion == 1)
            var flipped = sealed.ciphertext
            flipped[flipped.count - 1] ^= 1
            // Every reason to refuse a ciphertext looks the same.
            for request in [
                decryption(flipped, context: asked.context), decryption(sealed.ciphertext, context: []),
                decryption(sealed.ciphertext, context: asked.context, key: "eu/acme/other"),
                decryption(Data([1]), context: []),
            ] {
                let status = await failure {
                    try await client.call("Decrypt", request, as: Claviger_V1_DecryptResponse.self)
                }
                #expect(status?.code == .invalidArgument && status?.message == "the ciphertext is refused")
                #expect(status.map { ClientError($0).code } == .ciphertextRejected)
            }
            await client.close()
        }
    }

    @Test("A batch answers item by item and leaves one record for each; its size is bounded")
    func batches() async throws {
        try await DoorNode.run { node in
            let client = try node.client()
            let before = try node.recordCount()
            var batch = Claviger_V1_EncryptBatchRequest()
            batch.items = [
                encryption([1]), encryption([2], key: "eu/acme/missing"), encryption([3]),
                encryption([4], key: "not a name"),
            ]
            let sealed = try await client.call("EncryptBatch", batch, as: Claviger_V1_EncryptBatchResponse.self)
            #expect(sealed.items.map(\.status.reason) == ["", "keyNotFound", "", "invalidRequest"])
            #expect(try node.recordCount() == before + 4)
            var opening = Claviger_V1_DecryptBatchRequest()
            opening.items = [
                decryption(sealed.items[2].result.ciphertext, context: batch.items[2].context),
                decryption(Data([9]), context: []),
                decryption(sealed.items[0].result.ciphertext, context: batch.items[0].context),
            ]
            let opened = try await client.call("DecryptBatch", opening, as: Claviger_V1_DecryptBatchResponse.self)
            #expect(opened.items.map(\.result.plaintext) == [Data([3]), Data(), Data([1])])
            #expect(opened.items[1].status.reason == "ciphertextRejected")
            #expect(opened.items[1].status.code == UInt32(GRPCCode.invalidArgument.rawValue))
            for count in [0, 1001] {
                batch.items = Array(repeating: encryption([1]), count: count)
                let status = await failure {
                    try await client.call("EncryptBatch", batch, as: Claviger_V1_EncryptBatchResponse.self)
                }
                #expect(status?.code == .invalidArgument && status?.message == "a batch has 1 to 1000 items")
            }
            batch.items = Array(repeating: encryption([1]), count: 1000)
            #expect(
                try await client.call("EncryptBatch", batch, as: Claviger_V1_EncryptBatchResponse.self).items.allSatisfy
                { $0.hasResult })
            await client.close()
        }
    }

    @Test("Bytes that are no message, messages that are too large and strangers are refused, and the door goes on")
    func refusals() async throws {
        try await DoorNode.run { node in
            let client = try node.client()
            for method in DoorNode.methods {
                let status = await failure { try await client.raw(method, ByteBuffer(bytes: [0xFF, 0xFF, 0xFF])) }
                #expect(status?.code == .invalidArgument && status?.message == "the request cannot be decoded")
            }
            var torn = encryption([1])
            torn.consistencyToken = Data([1, 2])
            let token = await failure { try await client.call("Encrypt", torn, as: Claviger_V1_EncryptResponse.self) }
            #expect(token?.message == "the consistency token is malformed")
            let oversized = await failure { try await client.raw("Encrypt", ByteBuffer(repeating: 0, count: 2 << 20)) }
            #expect(oversized?.code == .resourceExhausted)
            let empty = await failure {
                try await client.call("Encrypt", encryption([]), as: Claviger_V1_EncryptResponse.self)
            }
            #expect(empty?.code == .invalidArgument && empty?.message == "the plaintext is empty")
            let stranger = try node.client(as: "spiffe://claviger.local/workload/eve")
            let denied = await failure {
                try await stranger.call("Encrypt", encryption([1]), as: Claviger_V1_EncryptResponse.self)
            }
            #expect(denied?.code == .permissionDenied && denied.map { ClientError($0).code } == .permissionDenied)
            let sealed = try await client.call("Encrypt", encryption([1]), as: Claviger_V1_EncryptResponse.self)
            #expect(!sealed.ciphertext.isEmpty)
            await client.close()
            await stranger.close()
            let text = node.registry.exposition()
            #expect(text.contains("operation=\"Encrypt\"") && !text.contains("acme"))
        }
    }

    @Test("What is not found is looked for again once a quorum was asked, and leaves one record")
    func confirmation() async throws {
        try await DoorNode.run { node in
            let client = try node.client()
            let eu = try PlacementName("eu")
            let present = try #require(node.keys.placements[eu])
            // The rows before the key was made, behind a group in which no quorum answers.
            let behind = await node.keys.cluster.inspect { store in
                let view = KeyView()
                if let table = try? store.table(of: GroupID(2)) { view.load(table, at: .zero) }
                return view
            }
            let silent = GroupSpecification(
                group: GroupID(3), membership: Membership(voters: [node.keys.cluster.replica, ReplicaID(9 << 16 | 1)]))
            _ = try await node.keys.cluster.createGroup(silent, machine: KeyReplica(view: KeyView()))
            _ = try await node.keys.createKey(
                "eu/acme/late", algorithm: .aes256, tags: [], idempotencyKey: [], in: node.context(DoorNode.workload))
            let before = try node.recordCount()
            node.keys.placements.insert(
                PlacementRuntime(name: eu, group: GroupID(3), view: behind, gauge: present.gauge))
            async let sealed = client.call(
                "Encrypt", encryption([1], key: "eu/acme/late"), as: Claviger_V1_EncryptResponse.self)
            try await Task.sleep(for: .milliseconds(300))
            node.keys.placements.insert(present)
            #expect(try await sealed.keyVersion == 1)
            #expect(try node.recordCount() == before + 1)
            let missing = await failure {
                try await client.call(
                    "Encrypt", encryption([1], key: "eu/acme/never"), as: Claviger_V1_EncryptResponse.self)
            }
            #expect(missing?.code == .notFound)
            #expect(try node.recordCount() == before + 2)
            await client.close()
        }
    }

    @Test("No reply leaves while the audit log cannot be written")
    func audit() async throws {
        try await DoorNode.run { node in
            let client = try node.client()
            node.disk.fill(true)
            let one = await failure {
                try await client.call("Encrypt", encryption([1]), as: Claviger_V1_EncryptResponse.self)
            }
            #expect(one?.code == .unavailable && one.map { ClientError($0).code } == .auditUnavailable)
            var batch = Claviger_V1_EncryptBatchRequest()
            batch.items = [encryption([1]), encryption([2])]
            let many = await failure {
                try await client.call("EncryptBatch", batch, as: Claviger_V1_EncryptBatchResponse.self)
            }
            #expect(many.map { ClientError($0).code } == .auditUnavailable)
            node.disk.fill(false)
            try await eventually {
                await failure {
                    try await client.call("Encrypt", encryption([1]), as: Claviger_V1_EncryptResponse.self)
                } == nil
            }
            await client.close()
        }
    }
}
