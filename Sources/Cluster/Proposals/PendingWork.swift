package import Raft

/// How a write ended: what the state machine answered, and where in the log.
package struct AppliedProposal: Sendable {
    /// What `ReplicatedStateMachine.apply` gave; a `Bool` for a change of members, the digest for a check of digests.
    package var outcome: any Sendable
    package var position: LogPosition

    package init(outcome: any Sendable, position: LogPosition) {
        self.outcome = outcome
        self.position = position
    }
}

package typealias ProposalCompletion = @Sendable (Result<AppliedProposal, ClusterError>) -> Void
package typealias ReadCompletion = @Sendable (Result<LogIndex, ClusterError>) -> Void

/// A write that waits for a leader, or for its entry to be applied here.
struct PendingProposal {
    enum Body {
        case command(ProposalEnvelope.Kind, [UInt8])
        case membership(MembershipChange)
    }

    var body: Body
    var deadline: UInt64
    /// Set once it was handed to consensus: from then on a failure means "unknown".
    var proposedAs: UInt64?
    var completion: ProposalCompletion
}

/// A linearizable read that waits for its index to be confirmed, then for that index to be applied.
struct PendingRead {
    var deadline: UInt64
    var completion: ReadCompletion
}

/// One round of ReadIndex for all reads that asked before it began. A context is never used twice. Rounds of a group
/// stand in the order in which they began, and an answer to one confirms all before it too.
struct ReadRound {
    var context: [UInt8]
    var startedAt: UInt64
    var reads: [PendingRead]
    var confirmed: LogIndex?
}
