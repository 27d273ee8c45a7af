import Cluster
import KeyModel
import KeyReplication
package import Peering
import Raft

extension PeerService {
    /// Asks a holder how far it has applied a placement's log.
    package static let applied = PeerService(rawValue: 19)
}

/// The question to a placement's holders whether they have applied its log up to an index.
struct HolderQuestion: Sendable {
    var placement: PlacementName
    var index: UInt64
    var service: KeyService

    /// A holder that is behind looks at the leader, at most so long, before it answers.
    private static let patience = Duration.milliseconds(500)

    /// Asks all at once; returns those that are not known to have applied the index.
    func unanswered(of holders: [Holder], timeout: Duration) async -> [Holder] {
        await withTaskGroup(of: Holder?.self) { group in
            for holder in holders { group.addTask { await self.isAffirmed(by: holder, timeout) ? nil : holder } }
            var left: [Holder] = []
            for await holder in group { if let holder { left.append(holder) } }
            return left
        }
    }

    private func isAffirmed(by holder: Holder, _ timeout: Duration) async -> Bool {
        if holder.replica == service.cluster.replica.rawValue {
            return service.placements[placement].map { $0.gauge.applied.rawValue >= index } ?? false
        }
        var body = PeerBodyWriter()
        body.field(placement.rawValue.utf8)
        body.number(index)
        let answer = try? await service.cluster.network.call(
            .applied, on: ReplicaID(holder.replica), body: body.bytes, timeout: timeout)
        guard let answer, var reader = try? PeerBodyReader(answer), let applied = try? reader.number(),
            (try? reader.finish()) != nil
        else { return false }
        return applied >= index
    }

    /// A holder's answer to another holder of the same placement.
    static func answer(_ bytes: [UInt8], to peer: PeerIdentity, at service: KeyService) async throws -> [UInt8] {
        var reader = try PeerBodyReader(bytes)
        let name = try PlacementName(try reader.text(limit: 64))
        let index = try reader.number()
        try reader.finish()
        guard let runtime = service.placements[name], runtime.view.holder(peer.replica.rawValue) != nil else {
            throw KMSError(
                .sovereigntyViolation, "\(peer.name) and this node are not both holders of placement \(name)")
        }
        if runtime.gauge.applied.rawValue < index {
            _ = try? await service.cluster.barrier(runtime.group, timeout: patience)
        }
        var body = PeerBodyWriter()
        body.number(runtime.gauge.applied.rawValue)
        return body.bytes
    }
}
