import ClientAPI
import FoundationEssentials
import NIOCore
import SwiftProtobuf
import Topology
import UnaryGRPC

/// One caller's attempts to get something of a placement from a node outside it, by every method that the node serves.
struct SovereigntyPull: Sendable {
    let placement: FederationTopology.Placement
    let node: FederationTopology.Node
    let topology: FederationTopology
    /// A key of the placement that is there.
    let victim: String
    let ciphertexts: [[UInt8]]
    /// The number of the placement's group.
    let group: UInt64

    /// One request. Every answer to it but a refusal is something given out, unless `isHarmless` says otherwise.
    private struct Attempt {
        let name: String
        let method: String
        let message: [UInt8]
        var isHarmless: @Sendable ([UInt8]) -> Bool = { _ in false }
    }

    /// Adds what was given out, and the bytes that were sent. Throws when the node did not say no to one of them: one
    /// that does not answer has refused nothing.
    func run(_ client: UnaryClient, given: inout [String], sent: inout [[UInt8]]) async throws {
        for attempt in try attempts() {
            sent.append(attempt.message)
            do throws(GRPCStatus) {
                let reply = try await client.call(
                    attempt.method, ByteBuffer(bytes: attempt.message), deadline: .now() + .seconds(5))
                let bytes = Array(reply.readableBytesView)
                if !attempt.isHarmless(bytes) {
                    given.append("\(node.name) answered \(attempt.name) of \(placement.name)")
                }
            } catch  where !Self.isRefusal(error) {
                throw ChaosError("\(attempt.name) at \(node.name)", "was not refused but not answered: \(error)")
            } catch {
                continue
            }
        }
    }

    /// Whether the node itself said no: by a code of its own, or by one that only a decision gives.
    private static func isRefusal(_ status: GRPCStatus) -> Bool {
        if let code = status.metadata[ErrorMetadata.code].flatMap(ClientError.Code.init(rawValue:)) {
            return code != .deadlineExceeded && code != .unreachable && code != .overloaded && code != .internalError
        }
        return [.permissionDenied, .unauthenticated, .invalidArgument, .failedPrecondition].contains(status.code)
    }

    // MARK: - What is asked for

    private func attempts() throws -> [Attempt] { try crypto() + reading() + changes() + moves() }

    private func crypto() -> [Attempt] {
        var attempts: [Attempt] = []
        var encrypt = Claviger_V1_EncryptRequest()
        encrypt.key = victim
        encrypt.plaintext = Data("pulled".utf8)
        var encryptBatch = Claviger_V1_EncryptBatchRequest()
        encryptBatch.items = [encrypt]
        add(&attempts, "Encrypt", KeyMethod.encrypt, encrypt)
        add(&attempts, "EncryptBatch", KeyMethod.encryptBatch, encryptBatch, isHarmless: Self.isRefused)
        var decryptBatch = Claviger_V1_DecryptBatchRequest()
        for ciphertext in ciphertexts {
            var decrypt = Claviger_V1_DecryptRequest()
            decrypt.ciphertext = Data(ciphertext)
            add(&attempts, "Decrypt", KeyMethod.decrypt, decrypt)
            decryptBatch.items.append(decrypt)
        }
        if !ciphertexts.isEmpty {
            add(&attempts, "DecryptBatch", KeyMethod.decryptBatch, decryptBatch, isHarmless: Self.isRefused)
        }
        return attempts
    }

    private func reading() -> [Attempt] {
        var attempts: [Attempt] = []
        var describe = Claviger_V1_DescribeKeyRequest()
        describe.name = victim
        add(&attempts, "DescribeKey", KeyMethod.describeKey, describe)
        var list = Claviger_V1_ListKeysRequest()
        list.prefix = "\(placement.name)/"
        list.pageSize = 100
        add(&attempts, "ListKeys", KeyMethod.listKeys, list)
        var policies = Claviger_V1_ListPoliciesRequest()
        policies.placement = placement.name
        add(&attempts, "ListPolicies", KeyMethod.listPolicies, policies)
        var policy = Claviger_V1_GetPolicyRequest()
        policy.placement = placement.name
        policy.name = "chaos"
        add(&attempts, "GetPolicy", KeyMethod.getPolicy, policy)
        // The federation's own pages may be read everywhere: they must not show that the node has something.
        let placement = placement.name
        add(&attempts, "Inventory", FederationMethod.inventory, Claviger_V1_InventoryRequest()) { bytes in
            guard let answer = try? Claviger_V1_InventoryResponse(serializedBytes: bytes) else { return false }
            return !answer.groups.contains { $0.placement == placement }
                && !answer.epochs.contains { $0.placement == placement }
        }
        return attempts
    }

    private func changes() -> [Attempt] {
        var attempts: [Attempt] = []
        var create = Claviger_V1_CreateKeyRequest()
        create.name = "\(victim)-pulled"
        add(&attempts, "CreateKey", KeyMethod.createKey, create)
        var rotate = Claviger_V1_RotateKeyRequest()
        rotate.name = victim
        add(&attempts, "RotateKey", KeyMethod.rotateKey, rotate)
        var change = Claviger_V1_ChangeKeyRequest()
        change.name = victim
        add(&attempts, "DisableKey", KeyMethod.disableKey, change)
        add(&attempts, "EnableKey", KeyMethod.enableKey, change)
        var tags = Claviger_V1_SetKeyTagsRequest()
        tags.name = victim
        tags.tags = ["pulled": "yes"]
        add(&attempts, "SetKeyTags", KeyMethod.setKeyTags, tags)
        var policy = Claviger_V1_PutPolicyRequest()
        policy.placement = placement.name
        policy.name = "pulled"
        policy.document = "statements: [{id: all, effect: allow, principals: [\"*\"], actions: [use], keys: {}}]"
        add(&attempts, "PutPolicy", KeyMethod.putPolicy, policy)
        return attempts
    }

    /// The placement is to come to the node: as one of its leaders, or by another rule.
    private func moves() throws -> [Attempt] {
        var attempts: [Attempt] = []
        var transfer = Claviger_V1_TransferLeadershipRequest()
        transfer.group = group
        transfer.targetNode = node.name
        add(&attempts, "TransferLeadership", FederationMethod.transferLeadership, transfer)
        var rejoin = Claviger_V1_RejoinNodeRequest()
        rejoin.node = node.name
        add(&attempts, "RejoinNode", FederationMethod.rejoinNode, rejoin)
        for topology in try widened() {
            var apply = Claviger_V1_ApplyTopologyRequest()
            apply.topology = topology
            add(&attempts, "ApplyTopology", FederationMethod.applyTopology, apply) { bytes in
                // An answer that promises no change gives nothing out.
                guard let answer = try? Claviger_V1_ApplyTopologyResponse(serializedBytes: bytes) else { return false }
                return answer.diff.isEmpty
            }
        }
        return attempts
    }

    /// Topologies under which the placement would be at the node: allowed there too, only there, and with the node's
    /// region said to be in one of the placement's jurisdictions.
    private func widened() throws -> [String] {
        guard let region = topology.region(named: node.region) else {
            throw ChaosError(node.name, "is in no region of the topology")
        }
        let wider = placement.jurisdictions + region.jurisdictions.filter { !placement.jurisdictions.contains($0) }
        let moved = try [wider, region.jurisdictions].map { jurisdictions in
            let rule = rule(allowing: jurisdictions, ledIn: region)
            return try topology.with(placements: topology.placements.map { $0.name == rule.name ? rule : $0 }).text
        }
        let renamed = FederationTopology.Region(
            name: region.name, cloud: region.cloud, jurisdictions: placement.jurisdictions)
        // The region's own placements may have too few nodes without it; what a topology leaves out stays as it is.
        let disguised = try topology.with(
            regions: topology.regions.map { $0.name == region.name ? renamed : $0 },
            placements: [rule(allowing: placement.jurisdictions, ledIn: region)])
        return moved + [disguised.text]
    }

    /// The placement's rule with other jurisdictions, and with the region before all others.
    private func rule(
        allowing jurisdictions: [String], ledIn region: FederationTopology.Region
    ) -> FederationTopology.Placement {
        FederationTopology.Placement(
            name: placement.name, jurisdictions: jurisdictions, replicas: placement.replicas,
            leaderPreference: [region.name], survive: placement.survive, maxStaleness: placement.maxStaleness,
            policy: placement.policy)
    }

    private func add(
        _ attempts: inout [Attempt], _ name: String, _ method: String, _ request: some Message,
        isHarmless: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) {
        guard let bytes = try? request.serializedBytes() as [UInt8] else { return }
        attempts.append(Attempt(name: name, method: method, message: bytes, isHarmless: isHarmless))
    }

    /// Whether each item of a batch was refused; both kinds of batches tell it in the same fields.
    private static func isRefused(_ bytes: [UInt8]) -> Bool {
        guard let answer = try? Claviger_V1_EncryptBatchResponse(serializedBytes: bytes) else { return false }
        return !answer.items.isEmpty && answer.items.allSatisfy { $0.status.code != 0 }
    }
}
