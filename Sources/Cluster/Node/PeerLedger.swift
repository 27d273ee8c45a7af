package import Peering
package import Raft
import Synchronization
package import Wire

/// Which disk each replica had when it was first seen. A replica that comes back with another disk may have forgotten votes
/// and entries that it acknowledged; it is turned away and must rejoin under a new incarnation.
package final class PeerLedger: Sendable {
    static let prefix: [UInt8] = Array("peer/".utf8)

    private struct State {
        /// By replica: the store that was seen.
        var stores: [ReplicaID: [UInt8]]
        /// By node number: the highest incarnation that was seen.
        var incarnations: [UInt64: UInt64]
        var met: [ReplicaID] = []
        var refusals: [String] = []
    }

    private let own: ReplicaID
    private let state: Mutex<State>

    init(own: ReplicaID, facts: [(key: [UInt8], value: [UInt8])]) {
        self.own = own
        var initial = State(stores: [:], incarnations: [:])
        for fact in facts where fact.key.count == Self.prefix.count + 8 {
            let replica = ReplicaID(fact.key.bigEndian(at: Self.prefix.count))
            initial.stores[replica] = fact.value
            let node = replica.rawValue >> 16
            initial.incarnations[node] = max(initial.incarnations[node] ?? 0, replica.rawValue & 0xFFFF)
        }
        state = Mutex(initial)
    }

    static func key(_ replica: ReplicaID) -> [UInt8] {
        var key = prefix
        key.append(bigEndian: replica.rawValue)
        return key
    }

    /// Nil when the peer may take part, else the reason to turn it away. `isNew` says that the fact must be written down.
    func judge(_ hello: PeerHello) -> (refusal: String?, isNew: Bool) {
        state.withLock { state in
            let node = hello.replica.rawValue >> 16
            let incarnation = hello.replica.rawValue & 0xFFFF
            if let newest = state.incarnations[node], incarnation < newest {
                return ("\(Self.fenced) incarnation \(incarnation) of \(hello.node) was replaced by \(newest)", false)
            }
            if let known = state.stores[hello.replica], known != hello.store {
                return (
                    "\(Self.replaced) \(hello.node) was seen with another disk; it may have lost acknowledged state and must rejoin", false
                )
            }
            let isNew = state.stores[hello.replica] == nil
            state.stores[hello.replica] = hello.store
            state.incarnations[node] = incarnation
            if !state.met.contains(hello.replica) { state.met.append(hello.replica) }
            return (nil, isNew)
        }
    }

    func refused(_ reason: String) {
        state.withLock { if $0.refusals.last != reason { $0.refusals = $0.refusals.suffix(15) + [reason] } }
    }

    /// Replicas that accepted this node since it started.
    package var met: [ReplicaID] { state.withLock { $0.met } }
    /// Why peers turned this node away: its disk is not the one they know.
    package var replacedDisk: String? {
        state.withLock { $0.refusals.first { $0.contains(Self.replaced) || $0.contains(Self.fenced) } }
    }

    package static let replaced = "replaced-disk:"
    package static let fenced = "fenced:"
}

extension ClusterNode: PeerNetworkDelegate {
    package func peerWillConnect(_ peer: PeerIdentity, hello: PeerHello) -> String? {
        let (refusal, isNew) = peers.judge(hello)
        if isNew { post(.fact(key: PeerLedger.key(hello.replica), value: hello.store)) }
        return refusal
    }

    package func peerDidConnect(_ peer: PeerIdentity, hello: PeerHello) { post(.peerUp(peer.replica)) }

    package func peerDidDisconnect(_ peer: PeerIdentity, because reason: PeerDisconnect) {
        if case .refused(let text) = reason { peers.refused(text) }
        post(.peerDown(peer.replica, died: reason == .reset))
    }

    package func peer(_ peer: PeerIdentity, sent frames: [PeerFrame]) { post(.frames(frames)) }

    package func peerDidRefuse(_ peer: PeerAddress, because reason: String) { peers.refused(reason) }

    /// What peers know of each other's disks and of this node's.
    package var ledger: PeerLedger { peers }
}
