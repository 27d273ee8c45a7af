import Raft
import Testing

@Suite("Membership")
struct MembershipTests {
    static let changes: [MembershipChange] = [
        .leaveJoint,
        MembershipChange(single: .init(.addLearner, ReplicaID(1 << 16 | 1)), context: [1, 2]),
        MembershipChange(
            transition: .jointExplicit,
            changes: [
                .init(.addVoter, ReplicaID(2)), .init(.removeReplica, ReplicaID(3)), .init(.updateReplica, .none),
            ],
            context: [0]),
        MembershipChange(transition: .jointImplicit),
    ]

    @Test("A change survives its encoding", arguments: changes)
    func encodingRoundTrip(change: MembershipChange) throws {
        #expect(try MembershipChange(decoding: change.encoded()) == change)
    }

    @Test("The encoding is stable")
    func encodingIsStable() {
        let change = MembershipChange(
            transition: .jointExplicit, changes: [.init(.addLearner, ReplicaID(0x0102))], context: [9])
        #expect(change.encoded() == [1, 2, 2, 0, 1, 3, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 9])
        #expect(MembershipChange.leaveJoint.encoded().isEmpty)
    }

    @Test("Every cut and every wrong value of an encoded change is refused", arguments: changes.dropFirst())
    func decodingRefuses(change: MembershipChange) {
        let bytes = change.encoded()
        for count in 1..<bytes.count {
            #expect(throws: MembershipDecodingError.self) { try MembershipChange(decoding: Array(bytes[..<count])) }
        }
        for place in 0..<3 {
            var wrong = bytes
            wrong[place] = 77
            #expect(throws: MembershipDecodingError.self) { try MembershipChange(decoding: wrong) }
        }
        #expect(throws: MembershipDecodingError.trailingBytes) { try MembershipChange(decoding: bytes + [0]) }
    }

    @Test("A joint configuration is left although leadership was being handed over")
    func autoLeaveAfterTransfer() throws {
        var group = TestGroup(voters: 3)
        group.add(ReplicaID(4), membership: nil)
        group.elect(1)
        // The word to stand for election is lost: nothing can be proposed when the change is applied.
        group.passes = { $0.kind != .timeoutNow }
        try group[1].core.propose(
            MembershipChange(changes: [.init(.addVoter, ReplicaID(4)), .init(.removeReplica, ReplicaID(2))]))
        group[1].core.transferLeadership(to: ReplicaID(3))
        group.settle()
        #expect(group[1].core.membership.isJoint)
        group.pass(ticks: 30)
        let expected = Membership(voters: [ReplicaID(1), ReplicaID(3), ReplicaID(4)])
        for id in [1, 3, 4] as [UInt64] { #expect(group[id].core.membership == expected) }
    }

    @Test("A joint change is left automatically, and the removed replica is gone")
    func autoLeave() throws {
        var group = TestGroup(voters: 3)
        group.add(ReplicaID(4), membership: nil)
        group.elect(1)
        try group[1].core.propose(
            MembershipChange(changes: [.init(.addVoter, ReplicaID(4)), .init(.removeReplica, ReplicaID(2))]))
        group.pass(ticks: 5)
        let expected = Membership(voters: [ReplicaID(1), ReplicaID(3), ReplicaID(4)])
        for id in [1, 3, 4] as [UInt64] { #expect(group[id].core.membership == expected) }
        try group[1].core.propose([1])
        group.settle()
        #expect(group[4].applied == [[1]])
        #expect(group[2].applied.isEmpty)
    }

    @Test("An explicit joint change stays until it is left, and needs both majorities")
    func explicitJoint() throws {
        var group = TestGroup(voters: 3)
        for id in [4, 5] as [UInt64] { group.add(ReplicaID(id), membership: nil) }
        group.elect(1)
        try group[1].core.propose(
            MembershipChange(
                transition: .jointExplicit,
                changes: [
                    .init(.addVoter, ReplicaID(4)), .init(.addVoter, ReplicaID(5)),
                    .init(.removeReplica, ReplicaID(2)), .init(.removeReplica, ReplicaID(3)),
                ]))
        group.pass(ticks: 5)
        #expect(group[1].core.membership.isJoint)
        for id in [2, 3] as [UInt64] { group[id].isCut = true }
        try group[1].core.propose([1])
        group.settle()
        #expect(group[1].applied.isEmpty)
        for id in [2, 3] as [UInt64] { group[id].isCut = false }
        group.pass(ticks: 3)
        #expect(group[1].applied == [[1]])
        try group[1].core.propose(.leaveJoint)
        group.pass(ticks: 3)
        #expect(group[4].core.membership == Membership(voters: [ReplicaID(1), ReplicaID(4), ReplicaID(5)]))
    }

    @Test("A second change before the first is applied becomes an empty entry")
    func oneChangeAtATime() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        let first = MembershipChange(changes: [.init(.addLearner, ReplicaID(4))])
        let second = MembershipChange(changes: [.init(.addLearner, ReplicaID(5))])
        #expect(group[1].core.membershipRefusal(of: first) == nil)
        try group[1].core.propose(first)
        #expect(group[1].core.membershipRefusal(of: second) == .pending)
        try group[1].core.propose(second)
        group.settle()
        #expect(group[2].core.membership.learners == [ReplicaID(4)])
        #expect(group[1].core.membershipRefusal(of: second) == nil)
        #expect(group[1].core.membershipRefusal(of: .leaveJoint) == .notJoint)
    }

    @Test("A committed change that makes no sense changes nothing")
    func impossibleChange() {
        var group = TestGroup(voters: 3)
        let before = group[1].core.membership
        let impossible: [MembershipChange] = [
            .leaveJoint,
            MembershipChange(changes: (1...3).map { .init(.removeReplica, ReplicaID($0)) }),
            MembershipChange(single: .init(.removeReplica, .none)),
        ]
        for change in impossible {
            let after = group[1].core.applyMembership(change)
            #expect(after == before)
        }
    }

    @Test("A refused change makes room for the next one")
    func refusedChange() throws {
        var group = TestGroup(voters: 1)
        group.elect(1)
        try group[1].core.propose(MembershipChange(changes: [.init(.addLearner, ReplicaID(4))]))
        while group[1].core.hasReady {
            let ready = group[1].core.ready()
            try group[1].log.append(ready.entries)
            for entry in ready.committedEntries where entry.kind != .normal { group[1].core.rejectMembership() }
            group[1].core.advance(ready)
        }
        #expect(group[1].core.membership.learners.isEmpty)
        #expect(
            group[1].core.membershipRefusal(of: MembershipChange(changes: [.init(.addLearner, ReplicaID(5))])) == nil)
    }

    @Test("What waits for a replica is committed when that is removed")
    func removalCommitsWhatWaits() throws {
        var group = TestGroup(voters: 2)
        group.elect(1)
        // Replica 2 gets its removal, and nothing behind it.
        group.passes = { message in !message.entries.contains { $0.payload == [1] } }
        try group[1].core.propose(MembershipChange(changes: [.init(.removeReplica, ReplicaID(2))]))
        try group[1].core.propose([1])
        group.settle()
        #expect(group[1].core.membership == Membership(voters: [ReplicaID(1)]))
        #expect(group[1].applied == [[1]])
    }

    @Test("A leader that removes itself steps down, and the others go on")
    func leaderRemovesItself() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        try group[1].core.propose(MembershipChange(changes: [.init(.removeReplica, ReplicaID(1))]))
        group.settle()
        #expect(group[1].core.role == .follower)
        group.pass(ticks: 60)
        #expect([2, 3].contains(group.leader))
    }

    @Test("A removed leader with the longest log does not keep the others from an election")
    func removedLeaderTellsWhatIsCommitted() throws {
        var group = TestGroup(voters: 3)
        group.add(ReplicaID(4), membership: nil)
        group.elect(3)
        try group[3].core.propose(MembershipChange(changes: [.init(.addLearner, ReplicaID(4))]))
        group.pass(ticks: 3)
        // Replica 1 is down from here on: every vote counts.
        group[1].isCut = true
        let joint = group[3].core.lastIndex.next
        // The joint configuration is entered; the entry that leaves it is written by 2 and 4, whose answers are held.
        group.passes = { $0.kind != .appendResponse || $0.index <= joint }
        try group[3].core.propose(
            MembershipChange(changes: [.init(.addVoter, ReplicaID(4)), .init(.removeReplica, ReplicaID(3))]))
        group.settle()
        let leave = joint.next
        for id in [2, 4] as [UInt64] { #expect(group[id].core.lastIndex == leave && group[id].core.membership.isJoint) }
        // One more entry, which stays with the leader.
        group.passes = { $0.from != ReplicaID(3) }
        try group[3].core.propose([9])
        for id in [2, 4] as [UInt64] {
            try group[3].core.step(
                Message(
                    kind: .appendResponse, to: ReplicaID(3), from: ReplicaID(id), term: group[3].core.term,
                    index: leave))
        }
        group.settle()
        #expect(group[3].core.role == .follower && group[3].core.commitIndex == leave)
        for id in [2, 4] as [UInt64] { #expect(group[id].core.commitIndex < leave) }

        group.passes = { _ in true }
        group.pass(ticks: 150)
        let leader = try #require(group.leader)
        #expect([2, 4].contains(leader))
        try group[leader].core.propose([5])
        group.pass(ticks: 2)
        #expect(group[6 - leader].applied == [[5]])
    }

    @Test("What a refusal says to be committed counts only where the log has that very entry")
    func refusalOfAnotherLog() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group.passes = { $0.kind != .appendResponse }
        for value in UInt8(1)...3 { try group[1].core.propose([value]) }
        group.settle()
        let core = group[2].core
        let last = core.lastIndex
        #expect(core.commitIndex < last)
        for (term, index) in [(core.term.next, last), (core.term, last.next), (.zero, last), (core.term, .zero)] {
            try group[2].core.step(
                Message(
                    kind: .voteResponse, to: ReplicaID(2), from: ReplicaID(3), term: core.term, logTerm: term,
                    commit: index, reject: true))
            #expect(group[2].core.commitIndex == core.commitIndex)
        }
        try group[2].core.step(
            Message(
                kind: .voteResponse, to: ReplicaID(2), from: ReplicaID(3), term: core.term, logTerm: core.term,
                commit: last, reject: true))
        #expect(group[2].core.commitIndex == last)
    }

    @Test("A promoted learner votes")
    func promotion() throws {
        var group = TestGroup(voters: 1, learners: 1)
        group.elect(1)
        try group[1].core.propose(MembershipChange(changes: [.init(.addVoter, ReplicaID(2))]))
        group.settle()
        group[1].isCut = true
        try group[1].core.propose([1])
        group.settle()
        #expect(group[1].applied.isEmpty)
        group[1].isCut = false
        group.pass(ticks: 2)
        #expect(group[1].applied == [[1]])
    }
}
