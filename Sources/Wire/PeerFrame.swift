package import Raft

/// The first frame on every connection, both ways. A mismatch ends the connection before anything else is read.
package struct PeerHello: Hashable, Sendable {
    package var cluster: [UInt8]
    package var replica: ReplicaID
    /// The sender's store (16 random bytes): a node that lost its disk shows another one.
    package var store: [UInt8]
    package var node: String
    package var region: String
    /// Lowest and highest protocol version spoken.
    package var protocolRange: ClosedRange<UInt32>
    /// The node's HPKE public key (X-Wing), to which epoch keys are sealed.
    package var sealingKey: [UInt8]

    package init(
        cluster: [UInt8], replica: ReplicaID, store: [UInt8], node: String, region: String,
        protocolRange: ClosedRange<UInt32> = 1...1, sealingKey: [UInt8] = []
    ) {
        self.cluster = cluster
        self.replica = replica
        self.store = store
        self.node = node
        self.region = region
        self.protocolRange = protocolRange
        self.sealingKey = sealingKey
    }
}

/// One group's heartbeat or its answer, folded into a frame per node pair.
package struct Beat: Hashable, Sendable {
    package var group: GroupID
    package var term: Term
    package var commit: LogIndex
    package var isResponse: Bool
    package var context: [UInt8]

    package init(group: GroupID, term: Term, commit: LogIndex, isResponse: Bool, context: [UInt8] = []) {
        self.group = group
        self.term = term
        self.commit = commit
        self.isResponse = isResponse
        self.context = context
    }
}

/// What travels between two nodes. Sender, receiver and cluster are bound by the connection's hello and repeated per
/// message by the replica ids inside.
package enum PeerFrame: Hashable, Sendable {
    case message(group: GroupID, Message)
    /// Coalesced heartbeats of many groups from `from` to `to`.
    case beats([Beat], from: ReplicaID, to: ReplicaID)
}
