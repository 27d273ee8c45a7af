package import Raft
package import Storage
import Wire

/// What the sender of a snapshot says first: which group, in which term, and what will come.
package struct SnapshotOffer: Hashable, Sendable {
    package var group: GroupID
    package var from: ReplicaID
    package var to: ReplicaID
    package var term: Term
    package var descriptor: SnapshotDescriptor

    package init(group: GroupID, from: ReplicaID, to: ReplicaID, term: Term, descriptor: SnapshotDescriptor) {
        self.group = group
        self.from = from
        self.to = to
        self.term = term
        self.descriptor = descriptor
    }

    /// The consensus message to deliver once the whole image is staged.
    var message: Message {
        Message(kind: .snapshot, to: to, from: from, term: term, snapshot: Snapshot(metadata: descriptor.metadata))
    }
}
