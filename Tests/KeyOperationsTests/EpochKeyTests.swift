import Cluster
import KeyCrypto
import KeyModel
import KeyOperations
import KeyReplication
import Peering
import Raft
import Testing

extension Operations {
    @Suite("Epoch keys")
    struct EpochKeys {
        @Test("An epoch wraps nothing until a majority of the holders in two regions has its key, then it does")
        func activation() async throws {
            try await Federation.run(founds: false) { federation in
                try await federation.foundPlacement(running: [])
                let first = federation.nodes[0]
                try await eventually("a leader") { federation.holders.contains { $0.runtime?.gauge.isLeader ?? false } }
                let leader = try #require(federation.holders.first { $0.runtime?.gauge.isLeader ?? false })
                // Only the leader keeps epochs and nobody can hear it: its own receipt is not enough.
                for other in federation.nodes where other.name != leader.name {
                    other.network.serve(.epochDeliver) { _, _ in throw KMSError(.overloaded, "not now") }
                }
                try await federation.allow()
                leader.keepEpochs()
                try await eventually("the leader's own receipt") {
                    leader.runtime?.view.epochs.first?.receipts.map(\.replica) == [leader.replica.rawValue]
                }
                #expect(leader.runtime?.view.epochs.first?.state == .pending)
                let refused = await refusal {
                    try await first.keys.createKey(
                        "eu/acme/orders", algorithm: .aes256, tags: [], idempotencyKey: [], in: first.context())
                }
                #expect(refused?.code == .sealed)
                for other in federation.holders where other.name != leader.name { other.keepEpochs() }
                // The others fetch what they lack, and confirm it when it is delivered again.
                try await eventually("every holder fetches the key") {
                    federation.holders.allSatisfy { $0.hasEpochKey }
                }
                #expect(leader.runtime?.view.epochs.first?.state == .pending)
                #expect(!federation.outsider.hasEpochKey)
            }
        }

        @Test("Receipts of a majority activate the epoch, and the outsider is never given the key")
        func majority() async throws {
            try await Federation.run { federation in
                let epoch = try #require(federation.nodes[0].runtime?.view.epochs.first)
                #expect(epoch.state == .active && epoch.receipts.count >= 2)
                #expect(Set(epoch.receipts.map(\.region)).count >= 2)
                #expect(federation.outsider.epochs.list().isEmpty)
            }
        }

        @Test("A holder that loses its epoch store loses nothing: it fetches the key and opens what was sealed before")
        func lostStore() async throws {
            try await Federation.run { federation in
                try await federation.allow()
                _ = try await federation.makeKey()
                let sealed = try await federation.nodes[0].encrypt("eu/acme/orders", [9])
                for node in federation.holders {
                    let other = try #require(federation.holders.first { $0.name != node.name })
                    let before = try #require(other.epochs.get(placement: "eu", epoch: 1))
                    #expect(try node.epochs.remove(placement: "eu", epoch: 1))
                    try await eventually("the key is fetched again") { node.hasEpochKey }
                    let after = try #require(node.epochs.get(placement: "eu", epoch: 1))
                    let hierarchy = try KeyHierarchy(cluster: Federation.cluster)
                    #expect(
                        try hierarchy.checkValue(of: before.bytes, placement: "eu", epoch: 1)
                            == hierarchy.checkValue(of: after.bytes, placement: "eu", epoch: 1))
                    #expect(try await node.decrypt(sealed.ciphertext).plaintext == [9])
                }
            }
        }

        @Test("A key that is not the announced one is refused by the holder, and so is a sender who is no holder")
        func wrongKey() async throws {
            try await Federation.run { federation in
                let sender = federation.nodes[0]
                let receiver = federation.nodes[1]
                let holder = try #require(
                    sender.runtime?.view.holders.first { $0.replica == receiver.replica.rawValue })
                let refused = await delivery(of: 1, from: sender, to: receiver, holder: holder)
                #expect(refused?.contains("not the one that the log announces") ?? false)
                let stranger = await delivery(of: 1, from: federation.outsider, to: receiver, holder: holder)
                #expect(stranger?.contains("outside placement") ?? false)
                let unheard = await refusal {
                    try await federation.outsider.network.call(
                        .epochFetch, on: receiver.replica, body: Self.body(number: 1), timeout: .seconds(5))
                }
                #expect(unheard != nil)
                #expect(!federation.outsider.hasEpochKey)
            }
        }

        /// The body of a fetch or delivery, as docs/formats.md says.
        static func body(number: UInt64, message: [UInt8]? = nil) -> [UInt8] {
            let bigEndian = { (value: UInt64) in (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
            }
            let name = Array("eu".utf8)
            return [1] + bigEndian(UInt64(name.count)) + name + bigEndian(number)
                + (message.map { bigEndian(UInt64($0.count)) + $0 } ?? [])
        }

        /// Delivers a key drawn just now; what the receiver says against it, or nil if it takes it.
        private func delivery(
            of epoch: UInt32, from sender: FederationNode, to receiver: FederationNode, holder: Holder
        ) async -> String? {
            do {
                let state = sender.keys.directory.state
                let certificate = { (replica: UInt64) in
                    state.node(replica: replica).map { Array("\($0.region)/\($0.name)".utf8) } ?? []
                }
                let delivery = EpochDelivery(
                    cluster: Federation.cluster, placement: "eu", epoch: epoch, sender: sender.replica.rawValue,
                    receiver: receiver.replica.rawValue, receiverPublicKey: holder.sealingKey,
                    senderCertificate: certificate(sender.replica.rawValue),
                    receiverCertificate: certificate(receiver.replica.rawValue))
                let secret = try KeyHierarchy(cluster: Federation.cluster).generateKey()
                let body = Self.body(number: UInt64(epoch), message: try delivery.seal(secret))
                _ = try await sender.network.call(
                    .epochDeliver, on: receiver.replica, body: body, timeout: .seconds(10))
                return nil
            } catch {
                return "\(error)"
            }
        }
    }
}
