import Cluster
import Raft
import Storage
import Testing
import Wire

/// What a shard makes of accidents: transfers that come to nothing, false alarms, poisoned entries, odd snapshots.
@Suite struct ShardRecoveryTests {
    private typealias WriteAnswer = Answer<Result<AppliedProposal, ClusterError>>

    /// Proposes at `member` without letting time pass.
    private func propose(_ text: String, at member: ShardWorld.Member, in world: ShardWorld) -> WriteAnswer {
        let answer = WriteAnswer()
        let deadline = world.now + 20_000_000_000
        world.turn(
            member, [.propose(ShardWorld.group, Array(text.utf8), deadline: deadline) { answer.set($0) }])
        return answer
    }

    @Test("A write that came during a transfer of leadership goes on when the transfer has failed")
    func writeDuringFailedTransfer() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let target = try #require(world.all.first { $0 !== leader })
        world.cut.insert([leader.replica, target.replica].sorted())
        world.turn(leader, [.transferLeadership(ShardWorld.group, to: target.replica) { _ in }])
        let answer = propose("a=1", at: leader, in: world)
        world.run(milliseconds: 3_000) { answer.value != nil }
        #expect(try answer.value?.get().outcome as? [UInt8] == [])
        #expect(world.leader === leader)
    }

    @Test("A write at a follower goes on after a false alarm of the leader's death")
    func writeAfterFalseAlarm() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        world.run(milliseconds: 300)
        let term = leader.core.statuses().first?.term
        let follower = try #require(world.all.first { $0 !== leader })
        world.turn(follower, [.peerDown(leader.replica, died: true)])
        let answer = propose("a=1", at: follower, in: world)
        world.run(milliseconds: 1_000) { answer.value != nil }
        #expect(try answer.value?.get().outcome as? [UInt8] == [])
        #expect(leader.core.statuses().first?.term == term)
    }

    @Test("The mark beside the store is renewed once a second, so that a log that comes back shorter is told")
    func markIsRenewed() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        _ = try world.write("a=1", at: leader)?.get()
        let before = world.all.map(\.store.marksRenewed)
        world.run(milliseconds: 5_000)
        for (member, count) in zip(world.all, before) { #expect((4...6).contains(member.store.marksRenewed - count)) }
    }

    @Test("An entry that halts the group leaves no row behind, and neither does a restart")
    func haltWritesNothing() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        _ = try world.write("a=1", at: leader)?.get()
        for text in ["b=2", "poison=1"] { _ = propose(text, at: leader, in: world) }
        world.run(milliseconds: 1_000)
        for member in world.all {
            #expect(member.core.statuses().first?.stopped?.contains("poisoned") == true)
            let table = try member.store.table(of: ShardWorld.group)
            #expect(try table.value(for: Array("poison".utf8)) == nil)
        }
        for member in world.all { world.crash(member, seenByPeers: false) }
        for member in world.all { try world.restart(member) }
        world.run(milliseconds: 5_000)
        // The last one has no quorum any more that would tell it that the entry is committed.
        let halted = world.all.filter { $0.core.statuses().first?.stopped?.contains("poisoned") == true }
        #expect(halted.count >= 2)
        for member in world.all {
            #expect(try member.store.table(of: ShardWorld.group).value(for: Array("poison".utf8)) == nil)
        }
    }

    @Test("A leader that halts on an entry says nothing any more within the same turn")
    func haltIsSilentAtOnce() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        _ = try world.write("a=1", at: leader)?.get()
        world.holds = { receiver, _ in receiver == leader.replica }
        _ = propose("poison=1", at: leader, in: world)
        world.settle()
        let status = try #require(leader.core.statuses().first)
        let other = try #require(world.all.first { $0 !== leader })
        let vote = Message(
            kind: .vote, to: leader.replica, from: other.replica, term: status.term, logTerm: status.term,
            index: status.lastIndex)
        let acknowledged = world.late.filter { $0.to == leader.replica }.map(\.frame)
        world.turn(leader, [.frames(acknowledged + [.message(group: ShardWorld.group, vote)])])
        #expect(leader.core.statuses().first?.stopped?.contains("poisoned") == true)
        let answers = leader.outbox.sent.flatMap(\.frames).filter {
            if case .message(_, let message) = $0 { message.kind == .voteResponse } else { false }
        }
        #expect(answers.isEmpty)
    }

    @Test("A replica that cannot read who may join stops instead of guessing")
    func unreadableAdmission() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let damaged = try #require(world.all.first { $0 !== leader })
        damaged.machines[ShardWorld.group]?.isDamaged = true
        let learner = ReplicaID(4 << 16 | 1)
        let answer = WriteAnswer()
        world.turn(
            leader,
            [
                .changeMembership(
                    ShardWorld.group, MembershipChange(changes: [.init(.addLearner, learner)]),
                    deadline: world.now + 5_000_000_000
                ) { answer.set($0) }
            ])
        world.run(milliseconds: 1_000)
        #expect(try answer.value?.get().outcome as? Bool == true)
        #expect(damaged.core.statuses().first?.stopped?.contains("cannot be read") == true)
        #expect(try damaged.store.groups().first?.membership.learners == [])
    }

    @Test("A quarantine outlives the process")
    func quarantineIsKept() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let victim = try #require(world.all.first { $0 !== leader })
        let status = try #require(leader.core.statuses().first)
        let beat = Message(
            kind: .heartbeat, to: victim.replica, from: leader.replica, term: status.term,
            commit: status.lastIndex.advanced(by: 1))
        world.turn(victim, [.frames([.message(group: ShardWorld.group, beat)])])
        world.crash(victim, seenByPeers: false)
        try world.restart(victim)
        world.run(milliseconds: 1_000)
        let restarted = try #require(world.members[victim.replica])
        #expect(restarted.core.statuses().first?.stopped?.contains("quarantined") == true)
        #expect(restarted.outbox.sent.isEmpty)
        let isNoticed = world.notices[victim.replica, default: []].contains {
            if case .quarantined = $0 { true } else { false }
        }
        #expect(isNoticed)
    }

    // MARK: Snapshots

    /// A learner that needs a snapshot, and the leader's dispatches of it, which the world holds back.
    private func learner(
        in world: ShardWorld, under leader: ShardWorld.Member
    ) throws -> ShardWorld.Member {
        for number in 0..<60 { _ = try world.write("k\(number)=v", at: leader)?.get() }
        let member = try #require(world.members[ReplicaID(4 << 16 | 1)])
        world.create(Membership(), on: member)
        world.holdsSnapshots = true
        world.turn(
            leader,
            [
                .changeMembership(
                    ShardWorld.group, MembershipChange(changes: [.init(.addLearner, member.replica)]),
                    deadline: world.now + 5_000_000_000
                ) { _ in }
            ])
        world.run(milliseconds: 2_000) { !world.dispatches.isEmpty }
        return member
    }

    private func shortLog(_ configuration: inout ShardConfiguration) {
        configuration.logTrail = 10
        configuration.compactionStep = 10
    }

    @Test("A snapshot without its rows is no reason to stop")
    func bareSnapshot() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let victim = try #require(world.all.first { $0 !== leader })
        let status = try #require(leader.core.statuses().first)
        let metadata = SnapshotMetadata(
            position: LogPosition(term: status.term, index: status.commit.advanced(by: 50)),
            membership: status.membership)
        let message = Message(
            kind: .snapshot, to: victim.replica, from: leader.replica, term: status.term,
            snapshot: Snapshot(metadata: metadata))
        world.turn(victim, [.frames([.message(group: ShardWorld.group, message)])])
        _ = try world.write("a=1", at: victim)?.get()
        #expect(victim.machines[ShardWorld.group]?.rows == ["a": "1"])
    }

    @Test("A newer offer in the turn of the last chunk does not take the installed rows away")
    func offerBehindTheLastChunk() throws {
        let world = try ShardWorld(replicas: [1, 2, 3, 4], voters: [1, 2, 3], adjust: shortLog)
        let leader = try #require(world.elect())
        let member = try learner(in: world, under: leader)
        let dispatch = try #require(world.dispatches.first?.dispatch)
        var newer = dispatch.offer
        newer.descriptor.identifier = Array(repeating: 9, count: 16)
        newer.descriptor.metadata.position.index = newer.descriptor.metadata.position.index.advanced(by: 1)
        let chunk = try dispatch.source.chunk(0)
        #expect(chunk.isLast)
        let answer = Answer<Result<UInt64, ClusterError>>()
        world.turn(
            member,
            [
                .snapshotOffer(dispatch.offer) { _ in }, .snapshotChunk(dispatch.offer, chunk) { answer.set($0) },
                .snapshotOffer(newer) { _ in },
            ])
        #expect(throws: Never.self) { try answer.value?.get() }
        #expect(member.machines[ShardWorld.group]?.rows.count == 60)
    }

    @Test("A chunk counts only under the offer that was accepted")
    func chunkOfAnotherOffer() throws {
        let world = try ShardWorld(replicas: [1, 2, 3, 4], voters: [1, 2, 3], adjust: shortLog)
        let leader = try #require(world.elect())
        let member = try learner(in: world, under: leader)
        let dispatch = try #require(world.dispatches.first?.dispatch)
        var other = dispatch.offer
        other.descriptor.metadata.position.index = other.descriptor.metadata.position.index.advanced(by: 5)
        let chunk = try dispatch.source.chunk(0)
        let answer = Answer<Result<UInt64, ClusterError>>()
        world.turn(member, [.snapshotOffer(dispatch.offer) { _ in }, .snapshotChunk(other, chunk) { answer.set($0) }])
        #expect(throws: ClusterError.self) { try answer.value?.get() }
        #expect(answer.value != nil)
        #expect(member.machines[ShardWorld.group]?.rows.isEmpty == true)
    }

    @Test("The log behind a snapshot is kept while that is on its way")
    func logIsKeptForATransfer() throws {
        let world = try ShardWorld(replicas: [1, 2, 3, 4], voters: [1, 2, 3], adjust: shortLog)
        let leader = try #require(world.elect())
        let member = try learner(in: world, under: leader)
        for number in 60..<120 { _ = try world.write("k\(number)=v", at: leader)?.get() }
        #expect(world.dispatches.count == 1)
        let held = try #require(world.dispatches.first)
        world.holdsSnapshots = false
        world.transfer(held.dispatch, from: held.sender)
        world.run(milliseconds: 1_000)
        #expect(member.machines[ShardWorld.group]?.rows.count == 120)
        let installed = world.notices[member.replica, default: []].count {
            if case .snapshotInstalled = $0 { true } else { false }
        }
        #expect(installed == 1, "the log was gone, and a second snapshot was needed")
    }

    // MARK: Leadership

    @Test("Leadership moves to a preferred replica only after that was caught up for the whole hysteresis")
    func preferredLeader() throws {
        let world = try ShardWorld(replicas: [1, 2, 3]) { $0.preferenceHysteresis = 3_000_000_000 }
        let leader = try #require(world.elect())
        let preferred = try #require(world.all.first { $0 !== leader })
        world.cut.insert([leader.replica, preferred.replica].sorted())
        _ = try world.write("a=1", at: leader)?.get()
        for member in world.all {
            world.turn(member, [.preferLeaders(ShardWorld.group, [preferred.replica])])
        }
        world.run(milliseconds: 8_000)
        #expect(world.leader === leader, "a replica that is not there was preferred")
        world.cut = []
        world.run(milliseconds: 2_500)
        #expect(world.leader === leader, "leadership moved before its time")
        world.run(milliseconds: 3_500) { world.leader === preferred }
        #expect(world.leader === preferred)
        world.run(milliseconds: 8_000)
        #expect(world.leader === preferred)
        _ = try world.write("b=1", at: leader)?.get()
    }
}
