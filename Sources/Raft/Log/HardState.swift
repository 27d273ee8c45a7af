/// What a replica must have on disk before it speaks (Raft paper, figure 2, "persistent state"), and its commit index.
package struct HardState: Hashable, Sendable {
    package var term: Term
    package var vote: ReplicaID
    package var commit: LogIndex

    package init(term: Term = .zero, vote: ReplicaID = .none, commit: LogIndex = .zero) {
        self.term = term
        self.vote = vote
        self.commit = commit
    }

    package var isEmpty: Bool { self == HardState() }
}
