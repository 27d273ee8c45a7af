package import Raft
package import Storage

/// What applying one entry came to.
package enum ApplyResult: Sendable {
    /// The answer for the proposer, who knows its type. A refusal is an outcome too: a committed fact on which all
    /// replicas agree.
    case outcome(any Sendable)
    /// The entry is not understood or proves corruption: the group stops here and says why. It is never skipped.
    case halt(String)
}

/// A change of members as the state machine sees it, in apply.
package struct MembershipProposal: Hashable, Sendable {
    /// Replicas that become voters or learners and were neither before, sorted.
    package var added: [ReplicaID]
    /// Replicas that leave, sorted.
    package var removed: [ReplicaID]
    package var context: [UInt8]

    package init(added: [ReplicaID], removed: [ReplicaID], context: [UInt8]) {
        self.added = added
        self.removed = removed
        self.context = context
    }
}

/// A deterministic function of a group's log. Same entries, same rows, on every replica and in every release.
///
/// It has no state of its own: all state is rows, so that snapshot, restart, replay and digest are written once, below.
/// It may keep rows decoded in memory, as `didLoad` and its own writes gave them.
/// It is called on the shard's thread only.
package protocol ReplicatedStateMachine: AnyObject {
    /// Applies one command. Reads and writes go through `tables`, which sees its own writes.
    func apply(_ payload: [UInt8], at position: LogPosition, to tables: inout TableTransaction) -> ApplyResult
    /// Whether the change may take effect. Decided from rows alone, so every replica decides alike. Nil when the rows
    /// cannot be read: the group stops here, for a replica that guessed could have other members than the rest.
    func admits(_ change: MembershipProposal, in tables: inout TableTransaction) -> Bool?
    /// The rows written since the last call are in the store, up to `position`.
    func didCommit(_ changes: TableChanges, at position: LogPosition)
    /// The whole table was replaced: at start, or by a snapshot.
    func didLoad(_ table: any TableReader, at position: LogPosition)
}
