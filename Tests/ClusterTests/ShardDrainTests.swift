import Cluster
import Raft
import Testing

@Suite("A shard that stops leading for a while")
struct ShardDrainTests {
    @Test("After a drain that was ended a node leads again when it is asked to")
    func drainAndBack() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let old = try #require(world.elect())
        world.turn(old, [.drain])
        world.run(milliseconds: 3_000) { world.leader.map { $0.replica != old.replica } ?? false }
        let next = try #require(world.leader)
        #expect(next.replica != old.replica)
        world.turn(old, [.endDrain])
        world.turn(next, [.transferLeadership(ShardWorld.group, to: old.replica) { _ in }])
        world.run(milliseconds: 3_000) { world.leader?.replica == old.replica }
        #expect(world.leader?.replica == old.replica)
        // It would hand over within a second if it still drained.
        world.run(milliseconds: 3_000)
        #expect(world.leader?.replica == old.replica)
        #expect(throws: Never.self) { try world.write("still=1", at: old)?.get() }
    }
}
