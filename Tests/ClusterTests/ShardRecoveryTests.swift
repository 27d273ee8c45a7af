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
        for member in world.all {
            #expect(member.core.statuses().first?.stopped?.contains("poisoned") == true)
            #expect(try member.store.table(of: ShardWorld.group).value(for: Array("poison".utf8)) == nil)
        }
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
        #expect(try answer.value?.get().outcome == [1])
        #expect(damaged.core.statuses().first?.stopped?.contains("cannot be read") == true)
        #expect(try damaged.store.groups().first?.membership.learners == [])
    }
}
