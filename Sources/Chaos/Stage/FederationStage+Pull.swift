import ClientAPI
import FoundationEssentials
import NIOCore
import SwiftProtobuf
import Synchronization
import Topology
import UnaryGRPC

extension FederationStage {
    /// Nodes look at the directory five times a second, and what they are to hold then has to come to them.
    private static let arrival = Duration.seconds(1)

    package func pull(
        placement: String, from nodes: [String], ciphertexts: [[UInt8]]
    ) async throws -> [String] {
        guard let rule = topology.placement(named: placement) else {
            throw ChaosError(placement, "there is no such placement")
        }
        var given: [String] = []
        do {
            let leader = try await leader(of: placement)
            for name in nodes {
                try await ask(rule, from: name, ciphertexts, leader, given: &given)
                given += try await handOver(leader, to: name)
            }
            try await Task.sleep(for: Self.arrival)
            let strays = try await strayHolders(of: placement)
            given += strays
            // Should a node have taken a widened placement, this is how it was before.
            let (client, text) = (try commander, topology.text)
            try await patiently("the topology is not put back") {
                _ = try await client.applyTopology(text, dryRun: false, timeout: .seconds(10))
            }
            let later = try await strayHolders(of: placement)
            return given + later.filter { !strays.contains($0) }
        } catch  where !given.isEmpty {
            // What was given out is told, whatever went wrong after it.
            return given
        }
    }

    /// One node is asked for material of a placement that it does not hold, by everybody who may try.
    private func ask(
        _ rule: FederationTopology.Placement, from name: String, _ ciphertexts: [[UInt8]], _ leader: NodeDesk.Claim,
        given: inout [String]
    ) async throws {
        guard let node = topology.node(named: name) else { throw ChaosError(name, "there is no such node") }
        guard !nodes(of: rule.name).contains(name) else {
            throw ChaosError(name, "holds \(rule.name), so there is nothing to pull to it")
        }
        let attack = SovereigntyPull(
            placement: rule, node: node, topology: topology, victim: kubernetesKey(of: rule.name),
            ciphertexts: Array(ciphertexts.prefix(20)), group: leader.number)
        for identity in identities(outside: rule.name) {
            let client = try NodeDesk.client(of: node, topology, identity: identity, loop: callers.desk)
            var sent: [[UInt8]] = []
            do {
                try await attack.run(client, given: &given, sent: &sent)
            } catch {
                await client.close()
                state.withLock { $0.brought += sent }
                throw error
            }
            await client.close()
            state.withLock { $0.brought += sent }
        }
    }

    /// The operator's, and those of the other placements' workloads.
    private func identities(outside placement: String) -> [String] {
        let others = topology.placements.map(\.name).filter { $0 != placement }
        return [adminIdentity] + others.map { federation.layout.identity(named: "kms-\($0)").path }
    }

    /// The placement's own leader is asked to hand over to a node outside.
    private func handOver(_ leader: NodeDesk.Claim, to node: String) async throws -> [String] {
        let client = try commander
        do throws(ClientError) {
            _ = try await client.transferLeadership(
                group: leader.number, from: leader.node, to: node, timeout: .seconds(5))
        } catch {
            return []
        }
        return ["\(leader.node) agreed to hand \(leader.group) over to \(node)"]
    }

    /// Nodes outside the placement's jurisdictions that say that they hold something of it after all that.
    private func strayHolders(of placement: String) async throws -> [String] {
        guard let rule = topology.placement(named: placement) else { return [] }
        let allowed = Set(topology.regions(allowedFor: rule).map(\.name))
        let client = try commander
        var strays: [String] = []
        for node in topology.nodes where !allowed.contains(node.region) {
            let inventory = try await client.inventory(node: node.name, timeout: .seconds(5))
            let held =
                inventory.groups.contains { $0.placement == placement }
                || inventory.epochs.contains { $0.placement == placement && !$0.epochs.isEmpty }
            if held { strays.append("\(node.name) holds material of \(placement) after the attempts to pull it") }
        }
        return strays
    }
}
