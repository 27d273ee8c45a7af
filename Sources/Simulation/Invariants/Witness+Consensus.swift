import Cluster
import Raft
import Storage

extension Witness {
    /// I1: at most one leader in a term (Raft paper, figure 3, Election Safety).
    func electionSafety(_ group: GroupID, _ term: Term, leader: ReplicaID) {
        if let known = groups[group]?.leaders[term] {
            require(
                known == leader, "I1",
                "group \(group.rawValue) has two leaders in term \(term.rawValue): \(known.label) and \(leader.label)")
        } else {
            groups[group]?.leaders[term] = leader
        }
    }

    /// I1 as it comes about: in either half of its members, a majority voted for the new leader. Members are those that
    /// the leader had before or after the turn in which it was elected.
    func electedByQuorums(
        _ group: GroupID, _ term: Term, leader: ReplicaID, appliedFrom first: LogIndex, to last: LogIndex
    ) {
        guard let known = groups[group] else { return }
        let voters = known.votes[GroupKnowledge.Candidacy(term: term, candidate: leader)] ?? []
        require(
            known.memberships(from: first, to: last).contains {
                $0.value.allVoters.contains(leader) && Self.isQuorum(of: $0.value, voters.contains)
            }, "I1",
            "group \(group.rawValue): \(leader.label) leads in term \(term.rawValue) by votes of "
                + "\(voters.map(\.label).joined(separator: " ")) only")
    }

    private static func isQuorum(of members: Membership, _ isOne: (ReplicaID) -> Bool) -> Bool {
        [members.voters, members.votersOutgoing].allSatisfy { half in
            half.isEmpty || 2 * half.count(where: isOne) > half.count
        }
    }

    /// I2: term, commit and applied never go back while a process lives.
    func monotony(
        _ group: GroupID, on replica: ReplicaID, from old: SimulatedReplica.Seen, to new: SimulatedReplica.Seen
    ) {
        require(
            new.term >= old.term && new.commit >= old.commit && new.applied >= old.applied, "I2",
            "group \(group.rawValue) on \(replica.label) went back: term \(old.term.rawValue) to \(new.term.rawValue), "
                + "commit \(old.commit.rawValue) to \(new.commit.rawValue), "
                + "applied \(old.applied.rawValue) to \(new.applied.rawValue)")
        require(
            new.applied <= new.commit, "I2",
            "group \(group.rawValue) on \(replica.label) applied \(new.applied.rawValue) beyond its commit index "
                + "\(new.commit.rawValue)")
    }

    /// I2 over a restart: what was promised on disk is still there.
    func durability(_ stored: StoredGroup, lastIndex: LogIndex, of replica: ReplicaID) {
        guard let known = groups[stored.group] else { return }
        require(
            stored.hardState.term >= known.durableTerm[replica] ?? .zero, "I2",
            "group \(stored.group.rawValue) on \(replica.label) came back in term \(stored.hardState.term.rawValue)")
        require(
            stored.applied.index <= lastIndex, "I2",
            "group \(stored.group.rawValue) on \(replica.label) came back with rows beyond its log")
    }

    /// I3: the same index and term mean the same entry, after the same predecessor (Log Matching).
    func logMatching(_ group: GroupID, _ entry: LogEntry, after previous: Term, on replica: ReplicaID) {
        let now = GroupKnowledge.Appended(payload: entry.payload, previous: previous)
        if let known = groups[group]?.appended[entry.position] {
            require(
                known == now, "I3",
                "group \(group.rawValue) on \(replica.label) has another entry at index \(entry.index.rawValue) "
                    + "of term \(entry.term.rawValue)")
        } else {
            groups[group]?.appended[entry.position] = now
        }
    }

    /// I4: a new leader's log has everything that was committed in earlier terms, so everything that was applied
    /// anywhere (Leader Completeness). With I3 the last entry stands for all before it. A leader whose disk stalled
    /// when it was elected is seen only when others have gone on in a later term.
    func leaderCompleteness(
        _ group: GroupID, leader: ReplicaID, in leading: Term, log: any LogReader, lastIndex: LogIndex
    ) {
        guard let last = groups[group]?.lastApplied, last.index > .zero, last.term <= leading else { return }
        let term = try? log.term(at: last.index)
        require(
            lastIndex >= last.index && (term == nil || term == last.term), "I4",
            "group \(group.rawValue): \(leader.label) leads with a log that ends at \(lastIndex.rawValue) and lacks "
                + "entry \(last.index.rawValue) of term \(last.term.rawValue)")
    }

    /// I5: one index, one entry and one outcome, on every replica that applies it (State Machine Safety).
    func stateMachineSafety(
        _ group: GroupID, _ position: LogPosition, payload: [UInt8], outcome: KnownOutcome, on replica: ReplicaID
    ) {
        let now = GroupKnowledge.Known(term: position.term, payload: payload)
        guard let known = groups[group]?.applied[position.index] else {
            groups[group]?.applied[position.index] = now
            groups[group]?.outcomes[position.index] = outcome
            return
        }
        require(
            known == now, "I5",
            "group \(group.rawValue) on \(replica.label) applied another entry at index \(position.index.rawValue)")
        require(
            groups[group]?.outcomes[position.index] == outcome, "I5",
            "group \(group.rawValue) on \(replica.label) came to another outcome at index \(position.index.rawValue)")
    }

    /// I6: votes and entries are on disk before anybody hears of them.
    func durableBeforeSaid(_ group: GroupID, _ message: Message, hardState: HardState, lastIndex: LogIndex) {
        switch message.kind {
        case .voteResponse where !message.reject:
            require(
                hardState.term > message.term
                    || hardState.term == message.term && hardState.vote == message.to, "I6",
                "group \(group.rawValue): \(message.from.label) granted its vote of term \(message.term.rawValue) to "
                    + "\(message.to.label) before it was on disk")
        case .appendResponse where !message.reject:
            // A turn may bring an entry and the later leader that replaces it; its one write has what came of both.
            require(
                hardState.term > message.term || hardState.term == message.term && lastIndex >= message.index, "I6",
                "group \(group.rawValue): \(message.from.label) acknowledged index \(message.index.rawValue), but its "
                    + "disk ends at \(lastIndex.rawValue)")
        default: break
        }
    }

    /// I4 as it comes about: a vote goes to a log only that is at least as up to date as the voter's (Raft paper,
    /// section 5.4.1). `last` is the end of the voter's log on disk after a turn in which nobody else spoke to it.
    func voteIsDue(_ group: GroupID, _ grant: Message, last: LogPosition) {
        let candidacy = GroupKnowledge.Candidacy(term: grant.term, candidate: grant.to)
        // Whoever has entries of that term got them after it had voted.
        guard let claim = groups[group]?.claims[candidacy], last.term < grant.term else { return }
        require(
            claim >= last, "I4",
            "group \(group.rawValue): \(grant.from.label), whose log ends at \(last.index.rawValue) of term "
                + "\(last.term.rawValue), voted for \(grant.to.label) with \(claim.index.rawValue) of term "
                + "\(claim.term.rawValue)")
    }

    /// I7 as it comes about: a leader commits what a majority in either half of its members said to have. A change of
    /// members counts by those before it; what comes last, by those that the leader had before or after its turn.
    func committedByQuorums(
        _ group: GroupID, _ commit: LogIndex, in term: Term, leader: ReplicaID, appliedFrom first: LogIndex,
        to last: LogIndex
    ) {
        guard let known = groups[group] else { return }
        let heard = known.heard[GroupKnowledge.Candidacy(term: term, candidate: leader)] ?? [:]
        let own = known.durableEnd[leader] ?? .zero
        let isCounted = { (index: LogIndex, members: Membership) in
            Self.isQuorum(of: members) { ($0 == leader ? own : heard[$0] ?? .zero) >= index }
        }
        let members = known.memberships(from: first, to: last)
        let mistake =
            zip(members.dropFirst(), members).first { !isCounted($0.index, $1.value) }?.0.index
            ?? (members.contains { isCounted(commit, $0.value) } ? nil : commit)
        guard let mistake else { return }
        let words = heard.sorted { $0.key < $1.key }.map { "\($0.key.label) \($0.value.rawValue)" }
        let all = members.map { Self.text($0.value) }
        fail(
            "I7",
            "group \(group.rawValue): \(leader.label), whose log ends at \(own.rawValue), committed index "
                + "\(mistake.rawValue) of \(all.joined(separator: ", then ")) by the word of "
                + words.joined(separator: ", "))
    }

    /// I7: a leader commits by counting only in its own term (Raft paper, section 5.4.2).
    func commitsOwnTerm(_ group: GroupID, leader: ReplicaID, commit: LogIndex, term: Term, log: any LogReader) {
        guard let committed = try? log.term(at: commit) else { return }
        require(
            committed == term, "I7",
            "group \(group.rawValue): \(leader.label) moved its commit index to an entry of term \(committed.rawValue) "
                + "in term \(term.rawValue)")
    }

    /// I8 and I22: memberships follow each other by steps whose quorums overlap, and every replica comes to the same
    /// one at the same index. `log` has the entries up to there that were not applied before.
    func membership(
        _ group: GroupID, _ membership: Membership, at index: LogIndex, in log: (any LogReader)?, on replica: ReplicaID
    ) {
        guard let known = groups[group] else { return }
        if let same = known.memberships[index] {
            require(
                same == membership, "I22",
                "group \(group.rawValue) on \(replica.label) has other members at index \(index.rawValue)")
            return
        }
        groups[group]?.memberships[index] = membership
        guard index > known.membership.index, membership != known.membership.value else { return }
        require(
            Self.overlap(known.membership.value, membership), "I8",
            "group \(group.rawValue) went at index \(index.rawValue) from \(Self.text(known.membership.value)) to "
                + Self.text(membership))
        let change = log.flatMap { Self.lastChange(in: $0, after: known.membership.index, to: index) }
        known.change(to: membership, at: change ?? index)
    }

    /// Where the last change of members stands in this part of a log.
    private static func lastChange(in log: any LogReader, after first: LogIndex, to last: LogIndex) -> LogIndex? {
        let from = max(first.next, log.firstIndex)
        guard from <= last else { return nil }
        return try? log.entries(from: from, to: last.next, maxBytes: .max).last { $0.kind != .normal }?.index
    }

    private static func overlap(_ old: Membership, _ new: Membership) -> Bool {
        if old.isJoint { return new.voters == old.voters && !new.isJoint || new == old }
        if new.isJoint { return new.votersOutgoing == old.voters }
        let added = new.voters.count { !old.voters.contains($0) }
        let removed = old.voters.count { !new.voters.contains($0) }
        return added + removed <= 1
    }

    static func text(_ membership: Membership) -> String {
        let names = { (list: [ReplicaID]) in list.map(\.label).joined(separator: " ") }
        let halves = "(\(names(membership.voters)))(\(names(membership.votersOutgoing)))"
        return "\(halves) learners (\(names(membership.learners)))"
    }

    /// I8 as it comes about: a leader adds a change of members to its log only when it has applied the one before
    /// (Ongaro's thesis, section 4.1). `position` is that of a change which the leader wrote in its own term.
    func oneChangeAtATime(
        _ group: GroupID, _ position: LogPosition, leader: ReplicaID, applied: LogIndex, log: any LogReader
    ) {
        let first = max(applied.next, log.firstIndex)
        guard first < position.index,
            let earlier = try? log.entries(from: first, to: position.index, maxBytes: .max)
        else { return }
        let pending = earlier.first { $0.kind != .normal }
        require(
            pending == nil, "I8",
            "group \(group.rawValue): \(leader.label) wrote a change of members at index \(position.index.rawValue) "
                + "before it had applied the one at \(pending?.index.rawValue ?? 0)")
    }

    /// I9: a leader never believes more of a follower than that follower's disk once held.
    func matchWasDurable(_ group: GroupID, leader: ReplicaID, _ match: ReplicaMatch) {
        guard match.replica != leader, let end = groups[group]?.durableEnd[match.replica] else { return }
        require(
            match.match <= end, "I9",
            "group \(group.rawValue): \(leader.label) takes \(match.replica.label) to have \(match.match.rawValue), "
                + "but its log never went beyond \(end.rawValue)")
    }

    /// I10: a replica id belongs to one disk for ever.
    func oneIncarnation(_ replica: ReplicaID, store: [UInt8]) {
        if let known = stores[replica] {
            require(known == store, "I10", "\(replica.label) took part with two disks")
        } else {
            stores[replica] = store
        }
    }

    /// I18: rows and applied index move together; equal index, equal rows.
    func equalDigests(_ group: GroupID, at index: LogIndex, _ digest: [UInt8], on replica: ReplicaID) -> Bool {
        guard let known = groups[group]?.digests[index] else {
            groups[group]?.digests[index] = digest
            return false
        }
        require(
            known == digest, "I18",
            "group \(group.rawValue) on \(replica.label) has other rows at index \(index.rawValue)")
        return true
    }
}
