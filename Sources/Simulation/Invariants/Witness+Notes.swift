import Raft

/// What the invariants are judged by later.
extension Witness {
    /// A log reached this far on disk.
    func reached(_ group: GroupID, _ end: LogIndex, _ state: HardState?, by replica: ReplicaID) {
        guard let known = groups[group] else { return }
        known.durableEnd[replica] = max(known.durableEnd[replica] ?? .zero, end)
        guard let state else { return }
        known.durableTerm[replica] = max(known.durableTerm[replica] ?? .zero, state.term)
        if state.vote != .none { voted(group, for: state.vote, in: state.term, by: replica) }
    }

    /// A vote is on disk, or it was given by a replica whose disk was in a later term by the time that it said so.
    func voted(_ group: GroupID, for candidate: ReplicaID, in term: Term, by replica: ReplicaID) {
        let candidacy = GroupKnowledge.Candidacy(term: term, candidate: candidate)
        guard let known = groups[group], known.votes[candidacy]?.contains(replica) != true else { return }
        known.votes[candidacy, default: []].append(replica)
    }

    /// Entries up to here were applied somewhere.
    func applied(_ group: GroupID, _ position: LogPosition) {
        guard let known = groups[group], position.index > known.lastApplied.index else { return }
        known.lastApplied = position
    }

    /// A snapshot gave a replica the rows of an index that others reached entry by entry.
    func installed(_ group: GroupID, _ position: LogPosition, digest: [UInt8], by replica: ReplicaID) {
        reached(group, position.index, nil, by: replica)
        _ = equalDigests(group, at: position.index, digest, on: replica)
    }
}
