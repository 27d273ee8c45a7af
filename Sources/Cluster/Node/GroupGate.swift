package import Peering
package import Raft
import Synchronization
package import Wire

/// Decides where a group's bytes may go. Asked on the shard's thread and on the network's: it must return at once.
///
/// A yes is remembered and must therefore stay true for as long as the process lives; a no is asked again.
package protocol GroupGuard: AnyObject, Sendable {
    /// Whether bytes of the group may leave for a peer whose certificate names this region.
    func maySend(_ group: GroupID, toRegion region: String) -> Bool
    /// Whether this node may take in bytes of the group from a peer whose certificate names this region. Who may hold
    /// nothing of a group has no say in it either.
    func mayReceive(_ group: GroupID, fromRegion region: String) -> Bool
}

/// Holds back frames and snapshots that a group's guard does not let pass. Without a guard everything passes.
package final class GroupGate: Sendable {
    private struct Passage: Hashable {
        var group: GroupID
        var replica: ReplicaID
    }

    private struct Origin: Hashable {
        var group: GroupID
        var region: String
    }

    private struct State {
        var rule: (any GroupGuard)?
        /// By connected replica: the region in its certificate.
        var regions: [ReplicaID: String] = [:]
        var sending: Set<Passage> = []
        var receiving: Set<Origin> = []
        var withheld = WithheldFrames()

        mutating func maySend(_ group: GroupID, to replica: ReplicaID) -> Bool {
            guard let rule else { return true }
            let passage = Passage(group: group, replica: replica)
            if sending.contains(passage) { return true }
            guard let region = regions[replica], rule.maySend(group, toRegion: region) else { return false }
            sending.insert(passage)
            return true
        }

        mutating func mayReceive(_ group: GroupID, from region: String) -> Bool {
            guard let rule else { return true }
            let origin = Origin(group: group, region: region)
            if receiving.contains(origin) { return true }
            guard rule.mayReceive(group, fromRegion: region) else { return false }
            receiving.insert(origin)
            return true
        }

        /// The frames without what is not permitted, and how many messages and beats that was.
        mutating func select(_ frames: [PeerFrame], _ permits: (inout State, GroupID) -> Bool) -> (
            frames: [PeerFrame], withheld: UInt64
        ) {
            var withheld: UInt64 = 0
            var selected: [PeerFrame] = []
            selected.reserveCapacity(frames.count)
            for frame in frames {
                switch frame {
                case .message(let group, _):
                    if permits(&self, group) { selected.append(frame) } else { withheld += 1 }
                case .beats(let beats, let from, let to):
                    let kept = beats.filter { permits(&self, $0.group) }
                    withheld += UInt64(beats.count - kept.count)
                    if kept.count == beats.count {
                        selected.append(frame)
                    } else if !kept.isEmpty {
                        selected.append(.beats(kept, from: from, to: to))
                    }
                }
            }
            return (selected, withheld)
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Asks this rule from now on; what was remembered of another one is forgotten.
    package func setRule(_ rule: any GroupGuard) {
        state.withLock { state in
            state.rule = rule
            state.sending = []
            state.receiving = []
        }
    }

    /// Remembers where the certificate of a connected peer says that it stands.
    package func connected(_ peer: PeerIdentity) {
        state.withLock { state in
            state.regions[peer.replica] = peer.region
            state.sending = state.sending.filter { $0.replica != peer.replica }
        }
    }

    /// Nothing more goes to a replica whose region is not certain.
    package func disconnected(_ peer: PeerIdentity) { state.withLock { $0.regions[peer.replica] = nil } }

    package func maySend(_ group: GroupID, to replica: ReplicaID) -> Bool {
        state.withLock { $0.maySend(group, to: replica) }
    }
    package func mayReceive(_ group: GroupID, from peer: PeerIdentity) -> Bool {
        state.withLock { $0.mayReceive(group, from: peer.region) }
    }
    package var withheld: WithheldFrames { state.withLock { $0.withheld } }

    /// What of these frames may leave for the replica.
    package func outgoing(_ frames: [PeerFrame], to replica: ReplicaID) -> [PeerFrame] {
        state.withLock { state in
            guard state.rule != nil else { return frames }
            let (selected, withheld) = state.select(frames) { $0.maySend($1, to: replica) }
            state.withheld.sent += withheld
            return selected
        }
    }

    /// What of these frames may be taken in.
    package func incoming(_ frames: [PeerFrame], from peer: PeerIdentity) -> [PeerFrame] {
        state.withLock { state in
            guard state.rule != nil else { return frames }
            let (selected, withheld) = state.select(frames) { $0.mayReceive($1, from: peer.region) }
            state.withheld.received += withheld
            return selected
        }
    }
}

/// Messages and heartbeats that the gate held back since the start.
package struct WithheldFrames: Hashable, Sendable {
    package var sent: UInt64 = 0
    package var received: UInt64 = 0
}
