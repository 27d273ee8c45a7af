/// A set of voters of which more than half decide. An empty set agrees to everything, which makes it neutral in a joint
/// quorum.
package struct MajorityQuorum: Hashable, Sendable {
    package var voters: [ReplicaID]

    package init(_ voters: [ReplicaID]) { self.voters = voters }

    /// The highest value that more than half of the voters have acknowledged; nil counts as zero.
    package func agreed(_ acknowledged: (ReplicaID) -> UInt64?) -> UInt64 {
        guard !voters.isEmpty else { return .max }
        var values = voters.map { acknowledged($0) ?? 0 }
        values.sort()
        return values[voters.count - (voters.count / 2 + 1)]
    }

    /// The outcome, given each voter's vote; nil is a vote that is still out.
    package func outcome(_ vote: (ReplicaID) -> Bool?) -> VoteOutcome {
        guard !voters.isEmpty else { return .won }
        var granted = 0
        var missing = 0
        for voter in voters {
            switch vote(voter) {
            case true?: granted += 1
            case false?: break
            case nil: missing += 1
            }
        }
        let needed = voters.count / 2 + 1
        if granted >= needed { return .won }
        return granted + missing >= needed ? .pending : .lost
    }
}
