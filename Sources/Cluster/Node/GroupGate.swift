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
    /// The groups that may pass to one replica, or from one region: what was once permitted. Few, in order.
    private struct Passage {
        private var groups: [GroupID] = []

        /// Asks, unless the answer is known to be yes.
        mutating func permits(_ group: GroupID, _ ask: (GroupID) -> Bool) -> Bool {
            var low = 0
            var high = groups.count
            while low < high {
                let middle = (low + high) / 2
                if groups[middle] < group { low = middle + 1 } else { high = middle }
            }
            if low < groups.count, groups[low] == group { return true }
            guard ask(group) else { return false }
            groups.insert(group, at: low)
            return true
        }

        private mutating func permits(_ frame: PeerFrame, _ ask: (GroupID) -> Bool) -> Bool {
            switch frame {
            case .message(let group, _): permits(group, ask)
            case .beats(let beats, _, _): beats.allSatisfy { permits($0.group, ask) }
            }
        }

        /// The frames without what is not permitted, and how many messages and beats that was.
        mutating func select(_ frames: [PeerFrame], _ ask: (GroupID) -> Bool) -> (
            frames: [PeerFrame], withheld: UInt64
        ) {
            if frames.allSatisfy({ permits($0, ask) }) { return (frames, 0) }
            var withheld: UInt64 = 0
            var selected: [PeerFrame] = []
            selected.reserveCapacity(frames.count)
            for frame in frames {
                switch frame {
                case .message(let group, _):
                    if permits(group, ask) { selected.append(frame) } else { withheld += 1 }
                case .beats(let beats, let from, let to):
                    let kept = beats.filter { permits($0.group, ask) }
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

    private struct State {
        var rule: (any GroupGuard)?
        /// By connected replica: the region in its certificate.
        var regions: [ReplicaID: String] = [:]
        var sending: [ReplicaID: Passage] = [:]
        /// By the region in the sender's certificate.
        var receiving: [String: Passage] = [:]
        var withheld = WithheldFrames()

        /// What the rule says of sending to the replica; nil if there is no rule.
        func asksForSending(to replica: ReplicaID) -> ((GroupID) -> Bool)? {
            guard let rule else { return nil }
            let region = regions[replica]
            return { group in region.map { rule.maySend(group, toRegion: $0) } ?? false }
        }

        func asksForReceiving(from region: String) -> ((GroupID) -> Bool)? {
            guard let rule else { return nil }
            return { group in rule.mayReceive(group, fromRegion: region) }
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Asks this rule from now on; what was remembered of another one is forgotten.
    package func setRule(_ rule: any GroupGuard) {
        state.withLock { state in
            state.rule = rule
            state.sending = [:]
            state.receiving = [:]
        }
    }

    /// Remembers where the certificate of a connected peer says that it stands.
    package func connected(_ peer: PeerIdentity) {
        state.withLock { state in
            state.regions[peer.replica] = peer.region
            state.sending[peer.replica] = nil
        }
    }

    /// Nothing more goes to a replica whose region is not certain.
    package func disconnected(_ peer: PeerIdentity) {
        state.withLock { state in
            state.regions[peer.replica] = nil
            state.sending[peer.replica] = nil
        }
    }

    package func maySend(_ group: GroupID, to replica: ReplicaID) -> Bool {
        state.withLock { state in
            guard let asks = state.asksForSending(to: replica) else { return true }
            return state.sending[replica, default: Passage()].permits(group, asks)
        }
    }

    package func mayReceive(_ group: GroupID, from peer: PeerIdentity) -> Bool {
        state.withLock { state in
            guard let asks = state.asksForReceiving(from: peer.region) else { return true }
            return state.receiving[peer.region, default: Passage()].permits(group, asks)
        }
    }

    package var withheld: WithheldFrames { state.withLock { $0.withheld } }

    /// What of these frames may leave for the replica.
    package func outgoing(_ frames: [PeerFrame], to replica: ReplicaID) -> [PeerFrame] {
        state.withLock { state in
            guard let asks = state.asksForSending(to: replica) else { return frames }
            let (selected, withheld) = state.sending[replica, default: Passage()].select(frames, asks)
            state.withheld.sent += withheld
            return selected
        }
    }

    /// What of these frames may be taken in.
    package func incoming(_ frames: [PeerFrame], from peer: PeerIdentity) -> [PeerFrame] {
        state.withLock { state in
            guard let asks = state.asksForReceiving(from: peer.region) else { return frames }
            let (selected, withheld) = state.receiving[peer.region, default: Passage()].select(frames, asks)
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
