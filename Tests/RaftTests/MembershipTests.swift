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
