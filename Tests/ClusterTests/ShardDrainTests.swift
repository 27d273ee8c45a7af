import Cluster
import Raft
import Testing
import Wire

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

    @Test("A node that leaves does not take the leadership that it is handed, and the leader goes on in its term")
    func takesNone() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let leaving = try #require(world.all.first { $0 !== leader })
        let term = try #require(leader.core.status(of: ShardWorld.group)?.term)
        world.turn(leaving, [.drain])
        var asked: [UInt64] = []
        world.holds = { [unowned world] to, frame in
            if Self.isTimeoutNow(frame), to == leaving.replica { asked.append(world.now) }
            return false
        }
        world.turn(leader, [.transferLeadership(ShardWorld.group, to: leaving.replica) { _ in }])
        world.settle()
        world.run(milliseconds: 3_000)
        #expect(!asked.isEmpty, "the leaving node was not asked")
        #expect(world.leader === leader)
        #expect(leader.core.status(of: ShardWorld.group)?.term == term, "somebody else led meanwhile")
    }

    @Test("Who must go, and finds only replicas that leave, asks each of them again after four election timeouts")
    func asksAgain() throws {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        var asked: [ReplicaID: [UInt64]] = [:]
        world.holds = { [unowned world] to, frame in
            if Self.isTimeoutNow(frame), asked[to]?.last != world.now { asked[to, default: []].append(world.now) }
            return false
        }
        for member in world.all { world.turn(member, [.drain]) }
        world.run(milliseconds: 30_000)
        #expect(world.leader === leader)
        let others = world.all.filter { $0 !== leader }
        for other in others {
            let times = asked[other.replica] ?? []
            let pauses = zip(times.dropFirst(), times).map { ($0 - $1) / 1_000_000 }
            #expect(pauses.count >= 2, "\(other.replica) was asked \(times.count) times in 30 s")
            #expect(pauses.allSatisfy { $0 >= 4_000 && $0 <= 9_000 }, "\(pauses) ms between two tries")
        }
        // Long before the pause of those who need not go.
        let back = try #require(others.last)
        world.turn(back, [.endDrain])
        world.run(milliseconds: 12_000) { world.leader === back }
        #expect(world.leader === back)
    }

    private static func isTimeoutNow(_ frame: PeerFrame) -> Bool {
        guard case .message(_, let message) = frame else { return false }
        return message.kind == .timeoutNow
    }
}
