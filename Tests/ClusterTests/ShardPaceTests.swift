import Cluster
import Raft
import Testing
import Wire

@Suite("A leader on a slow disk")
struct ShardPaceTests {
    private static let quiet = GroupID(8)

    /// Three nodes with two groups, both led by the same one, whose disk is slow; only `ShardWorld.group` is written
    /// to.
    private func play(_ prepare: (ShardWorld, ShardWorld.Member) -> Void) throws -> (
        world: ShardWorld, leader: ShardWorld.Member
    ) {
        let world = try ShardWorld(replicas: [1, 2, 3])
        let leader = try #require(world.elect())
        let membership = Membership(voters: world.all.map(\.replica))
        for member in world.all { world.create(membership, on: member, as: Self.quiet) }
        world.run(milliseconds: 10_000) { world.leader(of: Self.quiet) != nil }
        if let other = world.leader(of: Self.quiet), other !== leader {
            world.turn(other, [.transferLeadership(Self.quiet, to: leader.replica) { _ in }])
            world.run(milliseconds: 3_000) { world.leader(of: Self.quiet) === leader }
        }
        try #require(world.leader(of: Self.quiet) === leader && world.leader === leader)
        // What was written for the elections is known everywhere.
        world.run(milliseconds: 1_000)
        prepare(world, leader)
        leader.syncTime = 300_000_000
        for number in 0..<12 {
            let payload = Array("key=\(number)".utf8)
            let deadline = world.now + 10_000_000_000
            world.turn(leader, [.propose(ShardWorld.group, payload, deadline: deadline) { _ in }])
            world.settle()
            world.run(milliseconds: 300)
        }
        return (world, leader)
    }

    private func asideIn(_ world: ShardWorld) -> [GroupID] {
        world.notices.values.joined().compactMap {
            if case .steppedAside(let group, _, _) = $0 { group } else { nil }
        }
    }

    @Test("It steps aside in the group that it holds up, and in no other one")
    func stepsAside() throws {
        let (world, leader) = try play { _, _ in }
        #expect(asideIn(world) == [ShardWorld.group])
        #expect(world.leader !== leader)
        #expect(world.leader(of: Self.quiet) === leader)
    }

    @Test("A group that wrote nothing is no proof that others are quicker")
    func quietGroup() throws {
        // Nobody acknowledges what is written, as where all disks are slow; in the other group all have everything.
        let (world, leader) = try play { world, leader in
            world.holds = { to, frame in
                guard case .message(ShardWorld.group, let message) = frame else { return false }
                return to == leader.replica && message.kind == .appendResponse
            }
        }
        #expect(!world.late.isEmpty, "nothing was written")
        #expect(asideIn(world).isEmpty)
        #expect(world.leader === leader && world.leader(of: Self.quiet) === leader)
    }
}
