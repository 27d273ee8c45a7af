import Cluster
import Raft
import Storage
import Testing
import Wire

@Suite struct ShardCoreTests {
    @Test("A write at any replica is applied everywhere and answered where it was made")
    func writeAnywhere() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        try #require(world.elect() != nil)
        for (number, member) in world.all.enumerated() {
            let answer = try #require(world.write("k=\(number)", at: member))
            let expected = number == 0 ? "" : "\(number - 1)"
            #expect(try answer.get().outcome as? [UInt8] == Array(expected.utf8))
        }
        world.run(milliseconds: 500)
        for member in world.all { #expect(member.machines[ShardWorld.group]?.rows == ["k": "2"]) }
    }

    @Test("When the leader's process dies the others elect without waiting for the timeout")
    func crashFastPath() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let old = try #require(world.elect())
        _ = world.write("a=1", at: old)
        let died = world.now
        world.crash(old)
        world.run(milliseconds: 900) { world.leader != nil }
        #expect(world.leader != nil)
        #expect(world.now - died < 500_000_000, "took \((world.now - died) / 1_000_000) ms of virtual time")
    }

    @Test("Who answers counts as active at every moment, so a leader always knows to whom it could hand over")
    func activity() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        world.run(milliseconds: 1_000)
        // Consensus forgets once in an election timeout who was active: no look may fall just there.
        for _ in 0..<250 {
            world.run(milliseconds: 10)
            let status = try #require(leader.core.statuses().first)
            #expect(status.isLeader)
            #expect(status.matches.allSatisfy { $0.replica == leader.replica || $0.isActive })
        }
        let silent = try #require(world.up.first { $0.replica != leader.replica })
        world.crash(silent, seenByPeers: false)
        world.run(milliseconds: 1_100)
        #expect(leader.core.statuses().first?.matches.first { $0.replica == silent.replica }?.isActive == false)
    }

    @Test("A silent leader is replaced after the election timeout")
    func silentLeader() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let old = try #require(world.elect())
        world.crash(old, seenByPeers: false)
        world.run(milliseconds: 5_000) { world.leader != nil }
        #expect(world.leader != nil)
    }

    @Test("Acknowledged writes survive the crash of every node with its un-synced bytes lost")
    func acknowledgedSurvives() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        for number in 0..<20 { #expect(throws: Never.self) { try world.write("k\(number)=v", at: leader)?.get() } }
        for member in world.all { world.crash(member, seenByPeers: false) }
        for member in world.all { try world.restart(member) }
        try #require(world.elect() != nil)
        world.run(milliseconds: 1_000)
        for member in world.all { #expect(member.machines[ShardWorld.group]?.rows.count == 20) }
    }

    @Test("A write without a leader waits for one, and fails as not proposed when none comes")
    func parkedWrite() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let others = world.all.filter { $0.replica != leader.replica }
        world.crash(leader)
        world.crash(others[0])
        world.run(milliseconds: 4_000)
        let refused = world.write("x=1", at: others[1], within: 1_000)
        #expect(throws: ClusterError.noLeader) { try refused?.get() }
        let answer = Answer<Result<AppliedProposal, ClusterError>>()
        world.turn(
            others[1],
            [.propose(ShardWorld.group, Array("x=2".utf8), deadline: world.now + 20_000_000_000) { answer.set($0) }])
        try world.restart(leader)
        world.run(milliseconds: 15_000) { answer.value != nil }
        #expect(throws: Never.self) { try answer.value?.get() }
        #expect(answer.value != nil)
    }

    @Test("A follower's linearizable read sees every write acknowledged before it")
    func followerRead() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let follower = try #require(world.all.first { $0.replica != leader.replica })
        let written = try #require(try world.write("a=1", at: leader)?.get())
        let answer = Answer<Result<LogIndex, ClusterError>>()
        world.turn(follower, [.read(ShardWorld.group, deadline: world.now + 2_000_000_000) { answer.set($0) }])
        world.settle()
        world.run(milliseconds: 1_000) { answer.value != nil }
        let index = try #require(try answer.value?.get())
        #expect(index >= written.position.index)
        #expect(follower.machines[ShardWorld.group]?.rows["a"] == "1")
    }

    @Test("A replica cut off from the quorum stops being fresh and never confirms a read")
    func staleWhenCutOff() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        for other in world.all where other.replica != leader.replica {
            world.cut.insert([leader.replica, other.replica].sorted())
        }
        let answer = Answer<Result<LogIndex, ClusterError>>()
        world.turn(leader, [.read(ShardWorld.group, deadline: world.now + 1_000_000_000) { answer.set($0) }])
        world.run(milliseconds: 2_000)
        #expect(answer.value == .failure(.timedOut))
    }

    @Test("The late answer to a round of reads confirms none that was asked after it")
    func lateAnswer() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let follower = try #require(world.all.first { $0.replica != leader.replica })
        world.run(milliseconds: 1_000)
        func read() -> Answer<Result<LogIndex, ClusterError>> {
            let answer = Answer<Result<LogIndex, ClusterError>>()
            let deadline = world.now + 5_000_000_000
            world.turn(follower, [.read(ShardWorld.group, deadline: deadline) { answer.set($0) }])
            world.settle()
            return answer
        }
        world.holds = { to, _ in to == follower.replica }
        let first = read()
        world.run(milliseconds: 20)
        let answers = world.late.filter {
            if case .message(_, let message) = $0.frame { message.kind == .readIndexResponse } else { false }
        }
        #expect(!answers.isEmpty)
        let written = try #require(try world.write("a=1", at: leader)?.get())
        let second = read()
        // Long enough for the follower to begin another round for everything that waits.
        world.run(milliseconds: 300)
        world.turn(follower, answers.map { .frames([$0.frame]) })
        let early = try #require(try first.value?.get())
        #expect(early < written.position.index)
        #expect(second.value == nil)
        world.holds = { _, _ in false }
        world.run(milliseconds: 1_000) { second.value != nil }
        #expect(try #require(try second.value?.get()) >= written.position.index)
    }

    @Test("Where no answer comes the rounds under way stay few, and the answer to a later one confirms every read")
    func lostRounds() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let follower = try #require(world.all.first { $0.replica != leader.replica })
        world.run(milliseconds: 1_000)
        let answers = (0..<40).map { _ in Answer<Result<LogIndex, ClusterError>>() }
        let isAnswer = { (frame: PeerFrame) in
            if case .message(_, let message) = frame { message.kind == .readIndexResponse } else { false }
        }
        world.holds = { to, frame in to == follower.replica && isAnswer(frame) }
        // Each read comes in a turn of its own, and rounds that get no answer are begun for longer than they may stay.
        for answer in answers {
            let deadline = world.now + 60_000_000_000
            world.turn(follower, [.read(ShardWorld.group, deadline: deadline) { answer.set($0) }])
            world.settle()
            world.run(milliseconds: 100)
        }
        let asked = world.late.count
        #expect((16...40).contains(asked))
        #expect(!answers.contains { $0.value != nil })
        world.holds = { _, _ in false }
        world.run(milliseconds: 300)
        #expect(!answers.contains { $0.value == nil })
    }

    @Test("A replica that knows no members is brought in by a snapshot although the whole log is there, and can vote")
    func joinsWithoutMembers() throws {
        let world = try ShardWorld(replicas: [1, 2, 3, 4], voters: [1, 2, 3])
        let leader = try #require(world.elect())
        _ = world.write("a=1", at: leader)
        let heir = ReplicaID(4 << 16 | 1)
        let member = try #require(world.members[heir])
        world.create(Membership(), on: member)
        for changes in [
            [MembershipChange.Change(.addLearner, heir)],
            [.init(.addVoter, heir), .init(.removeReplica, try #require(world.up.first { $0 !== leader }?.replica))],
        ] {
            let answer = Answer<Result<AppliedProposal, ClusterError>>()
            let change = MembershipChange(changes: changes)
            let deadline = world.now + 3_000_000_000
            world.turn(leader, [.changeMembership(ShardWorld.group, change, deadline: deadline) { answer.set($0) }])
            world.run(milliseconds: 3_000) { answer.value != nil }
            _ = try #require(try answer.value?.get())
            world.run(milliseconds: 1_000)
        }
        #expect(member.machines[ShardWorld.group]?.rows == ["a": "1"])
        let members = try #require(member.core.statuses().first).membership
        #expect(members == leader.core.statuses().first?.membership)
        #expect(members.voters.contains(heir) && members.voters.count == 3 && members.votersOutgoing.isEmpty)
    }

    @Test("A new replica is caught up by a snapshot when the log it needs is gone")
    func snapshotCatchUp() throws {
        let world = try ShardWorld(replicas: [1, 2, 3, 4], voters: [1, 2, 3]) {
            $0.logTrail = 10
            $0.compactionStep = 10
        }
        let leader = try #require(world.elect())
        for number in 0..<60 { _ = try world.write("k\(number)=v", at: leader)?.get() }
        let learner = ReplicaID(4 << 16 | 1)
        let member = try #require(world.members[learner])
        world.create(Membership(), on: member)
        let answer = Answer<Result<AppliedProposal, ClusterError>>()
        let change = MembershipChange(changes: [.init(.addLearner, learner)])
        world.turn(
            leader,
            [.changeMembership(ShardWorld.group, change, deadline: world.now + 5_000_000_000) { answer.set($0) }])
        world.run(milliseconds: 5_000) { member.machines[ShardWorld.group]?.rows.count == 60 }
        #expect(try answer.value?.get().outcome as? Bool == true)
        #expect(member.machines[ShardWorld.group]?.rows.count == 60)
        let installed = world.notices[learner, default: []].contains {
            if case .snapshotInstalled = $0 { true } else { false }
        }
        #expect(installed)
    }

    @Test("A replica that the state machine does not admit never becomes a member, on any replica")
    func refusedMember() throws {
        let world = try ShardWorld(replicas: [1, 2, 3, 4], voters: [1, 2, 3])
        let leader = try #require(world.elect())
        let foreign = ReplicaID(4 << 16 | 1)
        for member in world.all { member.machines[ShardWorld.group]?.banned = [foreign] }
        let answer = Answer<Result<AppliedProposal, ClusterError>>()
        let change = MembershipChange(changes: [.init(.addLearner, foreign)])
        world.turn(
            leader,
            [.changeMembership(ShardWorld.group, change, deadline: world.now + 5_000_000_000) { answer.set($0) }])
        world.run(milliseconds: 2_000) { answer.value != nil }
        #expect(try answer.value?.get().outcome as? Bool == false)
        for member in world.all.prefix(3) {
            #expect(member.core.statuses().first?.membership.learners == [])
        }
        #expect(throws: Never.self) { try world.write("after=1", at: leader)?.get() }
    }

    @Test("Replicas compare digests, and one whose rows differ stops")
    func digests() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        _ = world.write("a=1", at: leader)
        let agreed = Answer<Result<AppliedProposal, ClusterError>>()
        world.turn(leader, [.verifyDigests(ShardWorld.group, deadline: world.now + 3_000_000_000) { agreed.set($0) }])
        world.run(milliseconds: 2_000) { agreed.value != nil }
        #expect(throws: Never.self) { try agreed.value?.get() }
        #expect(agreed.value != nil)

        let follower = try #require(world.all.first { $0.replica != leader.replica })
        var changes = TableChanges()
        changes.writes = [TableWrite(key: Array("evil".utf8), value: [1])]
        let applied = try #require(try follower.store.groups().first).applied
        try follower.store.apply([GroupApply(group: ShardWorld.group, changes: changes, applied: applied)])
        world.turn(leader, [.verifyDigests(ShardWorld.group, deadline: world.now + 3_000_000_000) { _ in }])
        world.run(milliseconds: 2_000)
        #expect(follower.core.statuses().first?.stopped != nil)
        #expect(leader.core.statuses().first?.stopped == nil)
    }

    @Test("A replica that forgot what it acknowledged takes no part any more")
    func forgetfulReplica() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        for number in 0..<5 { _ = world.write("k\(number)=v", at: leader) }
        let victim = try #require(world.all.first { $0.replica != leader.replica })
        let status = try #require(leader.core.statuses().first)
        let beat = Message(
            kind: .heartbeat, to: victim.replica, from: leader.replica, term: status.term,
            commit: LogIndex(status.lastIndex.rawValue + 100))
        world.turn(victim, [.frames([.message(group: ShardWorld.group, beat)])])
        #expect(victim.core.statuses().first?.stopped?.contains("quarantined") == true)
        #expect(throws: Never.self) { try world.write("still=1", at: leader)?.get() }
    }

    @Test("Draining hands every leadership over")
    func drain() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let old = try #require(world.elect())
        world.turn(old, [.drain])
        world.run(milliseconds: 3_000) { world.leader.map { $0.replica != old.replica } ?? false }
        #expect(world.leader?.replica != old.replica)
        #expect(world.leader != nil)
    }
}
