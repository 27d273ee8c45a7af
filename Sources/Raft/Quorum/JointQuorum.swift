/// Two sets of voters that must both agree while a group changes its voters (Ongaro's thesis, section 4.3).
package struct JointQuorum: Hashable, Sendable {
    package var incoming: MajorityQuorum
    /// Empty outside of a joint configuration.
    package var outgoing: MajorityQuorum

    package init(incoming: MajorityQuorum, outgoing: MajorityQuorum = MajorityQuorum([])) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    /// The highest value both halves have acknowledged.
    package func agreed(_ acknowledged: (ReplicaID) -> UInt64?) -> UInt64 {
        min(incoming.agreed(acknowledged), outgoing.agreed(acknowledged))
    }

    /// Won when both halves have won, lost when one has lost.
    package func outcome(_ vote: (ReplicaID) -> Bool?) -> VoteOutcome {
        let halves = (incoming.outcome(vote), outgoing.outcome(vote))
        if halves.0 == halves.1 { return halves.0 }
        return halves.0 == .lost || halves.1 == .lost ? .lost : .pending
    }
}

extension Membership {
    /// Who decides in this configuration.
    package var quorum: JointQuorum {
        JointQuorum(incoming: MajorityQuorum(voters), outgoing: MajorityQuorum(votersOutgoing))
    }
}
