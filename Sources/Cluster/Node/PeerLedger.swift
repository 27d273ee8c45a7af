package import Peering
package import Raft
import Synchronization
package import Wire

/// Which disk each replica had when it was first seen. A replica that comes back with another disk may have forgotten
/// votes and entries that it acknowledged; it is turned away and must rejoin under a new incarnation.
package final class PeerLedger: Sendable {
    package static let prefix: [UInt8] = Array("peer/".utf8)

    /// What the directory says of a node.
    package struct Entry: Hashable, Sendable {
        package var seat: PeerSeat
        /// Whether the incarnation has come and registered: its seat is not given again.
        package var isTaken: Bool

        package init(seat: PeerSeat, isTaken: Bool) {
            self.seat = seat
            self.isTaken = isTaken
        }
    }

    private struct State {
        /// By replica: the store that was seen.
        var stores: [ReplicaID: [UInt8]]
        /// By node number: the highest incarnation that was seen.
        var incarnations: [UInt64: UInt64]
        /// Stores of incarnations that the directory here does not know yet.
        var early: [ReplicaID: [UInt8]] = [:]
        var met: [ReplicaID] = []
        /// The last refusal of each peer, in the order of the first ones.
        var refusals: [(peer: String, reason: String)] = []
        var directory: @Sendable (UInt16) -> Entry? = { _ in nil }
    }

    private let own: ReplicaID
    private let state: Mutex<State>

    package init(own: ReplicaID, facts: [(key: [UInt8], value: [UInt8])]) {
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

    package static func key(_ replica: ReplicaID) -> [UInt8] {
        var key = prefix
        key.append(bigEndian: replica.rawValue)
        return key
    }

    /// Lets the ledger ask what the directory says of a node, by number. Called from any thread.
    package func consult(_ directory: @escaping @Sendable (UInt16) -> Entry?) {
        state.withLock { $0.directory = directory }
    }

    /// Nil when the peer may take part, else the reason to turn it away. `isNew` says that the fact must be written
    /// down.
    package func judge(_ hello: PeerHello) -> (refusal: String?, isNew: Bool) {
        let node = hello.replica.rawValue >> 16
        let incarnation = hello.replica.rawValue & 0xFFFF
        let directory = state.withLock { $0.directory }
        let entry = directory(UInt16(truncatingIfNeeded: node))
        return state.withLock { state in
            let known = state.stores[hello.replica]
            let given = entry.map { UInt64($0.seat.incarnation) }
            let wayBack =
                entry.flatMap { !$0.isTaken && UInt64($0.seat.incarnation) > incarnation ? $0.seat.text : nil } ?? ""
            let newest = max(state.incarnations[node] ?? 0, given ?? 0)
            if incarnation < newest {
                return (
                    "\(Self.fenced) incarnation \(incarnation) of \(hello.node) was replaced by \(newest)\(wayBack)",
                    false
                )
            }
            // A peer that this node has met is let in even where this node's directory lags behind.
            if let given, incarnation > given, known == nil { return Self.judgeEarly(hello, &state) }
            let expected = known ?? (given == incarnation ? entry?.seat.store : nil)
            if let expected, expected != hello.store {
                return (
                    "\(Self.replaced) \(hello.node) was seen with another disk; "
                        + "it may have lost acknowledged state and must rejoin\(wayBack)",
                    false
                )
            }
            state.stores[hello.replica] = hello.store
            state.incarnations[node] = incarnation
            return (nil, known == nil)
        }
    }

    /// An incarnation that the directory here does not know yet. It may lead the directory's group and be the only one
    /// who can bring this node up to date, so turning it away could be for ever. It is let in with the one disk that it
    /// shows first, nothing is written down, and the next connection is judged anew. What it may do is what any
    /// incarnation of that node may: its certificate is the node's own, and a vote counts only by membership.
    private static func judgeEarly(_ hello: PeerHello, _ state: inout State) -> (refusal: String?, isNew: Bool) {
        if let first = state.early[hello.replica], first != hello.store {
            return ("\(replaced) \(hello.node) came with another disk before the directory here knows its seat", false)
        }
        state.early[hello.replica] = hello.store
        return (nil, false)
    }

    /// Both sides have accepted each other.
    func connected(_ peer: PeerIdentity) {
        state.withLock { state in
            if !state.met.contains(peer.replica) { state.met.append(peer.replica) }
            state.refusals.removeAll { $0.peer == peer.name }
        }
    }

    func refused(_ reason: String, by peer: String) {
        state.withLock { state in
            if let place = state.refusals.firstIndex(where: { $0.peer == peer }) {
                state.refusals[place].reason = reason
            } else {
                state.refusals.append((peer, reason))
            }
        }
    }

    /// Replicas that accepted this node since it started.
    package var met: [ReplicaID] { state.withLock { $0.met } }

    /// Why peers turn this node away: its disk is not the one they know.
    package var replacedDisk: String? {
        state.withLock {
            $0.refusals.first { $0.reason.contains(Self.replaced) || $0.reason.contains(Self.fenced) }?.reason
        }
    }

    /// The seat that at least `count` peers name, above this node's own incarnation.
    package func offeredSeat(namedBy count: Int) -> PeerSeat? {
        let seats = state.withLock { $0.refusals.compactMap { PeerSeat(endOf: $0.reason) } }
        return seats.first { seat in
            UInt64(seat.incarnation) > own.rawValue & 0xFFFF && seats.count { $0 == seat } >= max(1, count)
        }
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

    package func peerDidConnect(_ peer: PeerIdentity, hello: PeerHello) {
        peers.connected(peer)
        gate.connected(peer)
        post(.peerUp(peer.replica))
    }

    package func peerDidDisconnect(_ peer: PeerIdentity, because reason: PeerDisconnect) {
        gate.disconnected(peer)
        if case .refused(let text) = reason { peers.refused(text, by: peer.name) }
        post(.peerDown(peer.replica, died: reason == .reset))
    }

    package func peer(_ peer: PeerIdentity, sent frames: [PeerFrame]) {
        let permitted = gate.incoming(frames, from: peer)
        if !permitted.isEmpty { post(.frames(permitted)) }
    }

    package func peerDidRefuse(_ peer: PeerAddress, because reason: String) { peers.refused(reason, by: peer.name) }

    /// What peers know of each other's disks and of this node's.
    package var ledger: PeerLedger { peers }
}
