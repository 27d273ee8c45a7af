/// Why a proposal did not enter the log. It may be tried again.
package enum ProposalRejection: Error, Hashable, Sendable {
    /// This replica knows no leader.
    case noLeader
    /// This replica is not the leader, and forwarding is off.
    case notLeader
    /// This leader was removed from the group.
    case notMember
    /// Leadership is being handed over.
    case transferInProgress
    /// Too much is proposed and not committed.
    case tooMuchUncommitted
    /// The proposal is empty, or its membership change cannot be read.
    case malformed
}

/// Why a message had no effect. Nothing of it is a reason to stop.
package enum StepRejection: Error, Hashable, Sendable {
    /// A kind that only this replica itself may make came from outside.
    case localMessage
    /// An answer from a replica that is not in the configuration.
    case unknownPeer
    /// A message that no correct replica sends.
    case malformed
    /// The leader counts on entries that this replica does not have: it has lost acknowledged state and must not vote
    /// again.
    case commitBeyondLog
    /// The leader contradicts an entry that this replica knows to be committed: one of the two is corrupt.
    case contradictsCommitted
    case proposal(ProposalRejection)
}
