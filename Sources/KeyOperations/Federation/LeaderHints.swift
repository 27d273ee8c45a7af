import Cluster
package import KeyModel
import KeyReplication
package import Peering
import Raft
import Synchronization

extension PeerService {
    /// Asks a node who leads the groups that it holds. The answer names groups and replicas, nothing inside them.
    package static let leaders = PeerService(rawValue: 18)
}

/// Who leads the groups that this node does not hold, as their holders say: so that every node can tell a client where
/// to go.
package final class LeaderHints: Sendable {
    private let service: KeyService
    private let network: any PeerNetwork
    private let known = Mutex<[UInt64: UInt64]>([:])

    package init(service: KeyService, network: any PeerNetwork) {
        self.service = service
        self.network = network
        let cluster = service.cluster
        network.serve(.leaders) { _, _ in
            var body = PeerBodyWriter()
            let gauges = cluster.allGauges
            body.number(UInt64(gauges.count))
            for gauge in gauges {
                body.number(gauge.group.rawValue)
                body.number(gauge.leader.rawValue)
            }
            return body.bytes
        }
    }

    /// The replica that leads the group, zero when nobody has said.
    package func leader(of group: UInt64) -> UInt64 { known.withLock { $0[group] ?? 0 } }

    /// Asks one reachable holder of each foreign group, again and again until cancelled.
    package func run() async {
        while !Task.isCancelled {
            var asked: [UInt64] = []
            for group in service.directory.state.groups where service.placements[group.placement] == nil {
                let holders = group.replicas.filter { network.isConnected(to: ReplicaID($0)) }
                guard let holder = holders.first, !asked.contains(holder) else { continue }
                asked.append(holder)
                guard
                    let bytes = try? await network.call(
                        .leaders, on: ReplicaID(holder), body: [1], timeout: .seconds(1)),
                    let leaders = try? Self.decode(bytes)
                else { continue }
                known.withLock { known in for (group, leader) in leaders { known[group] = leader } }
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Reads a holder's answer.
    package static func decode(_ bytes: [UInt8]) throws(KMSError) -> [(group: UInt64, leader: UInt64)] {
        var reader = try PeerBodyReader(bytes)
        let count = try reader.number()
        guard count <= 4096 else { throw KMSError(.invalidRequest, "a call between nodes is malformed") }
        var leaders: [(group: UInt64, leader: UInt64)] = []
        for _ in 0..<count { leaders.append((try reader.number(), try reader.number())) }
        try reader.finish()
        return leaders
    }
}
