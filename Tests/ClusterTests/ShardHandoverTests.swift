import Cluster
import Raft
import Storage
import Testing
import Wire

/// A replica whose disk took back what it had acknowledged looks as good as ever to its leader until it has answered.
@Suite("Handing leadership to a replica that has just connected")
struct ShardHandoverTests {
    private final class Stage {
        let world: ShardWorld
        let leader: ShardWorld.Member
        let back: ShardWorld.Member
        var isAsked = false

        init() throws {
            let world = try ShardWorld(replicas: [1, 2, 3])
            let leader = try #require(world.elect())
            let others = world.all.filter { $0 !== leader }
            let back = try #require(others.first)
            let third = try #require(others.last)
            (self.world, self.leader, self.back) = (world, leader, back)
            world.run(milliseconds: 300)
            world.cut = [[leader.replica, third.replica].sorted()]
            world.holds = { [unowned self] to, frame in
                if case .message(_, let message) = frame, message.kind == .timeoutNow, to == self.back.replica {
                    self.isAsked = true
                }
                return false
            }
        }

        /// Another process of the replica connects, and nothing has come from it yet.
        func reconnect() {
            world.cut.insert([leader.replica, back.replica].sorted())
            world.turn(leader, [.peerDown(back.replica, died: true), .peerUp(back.replica)])
        }

        func transfer() -> ClusterError?? {
            let answer = Answer<ClusterError?>()
            world.turn(leader, [.transferLeadership(ShardWorld.group, to: back.replica) { answer.set($0) }])
            world.settle()
            return answer.value
        }
    }

    @Test("An operator's wish waits until it has answered")
    func wish() throws {
        let stage = try Stage()
        stage.reconnect()
        let refusal = try #require(stage.transfer())
        guard case .refused(let reason)? = refusal else {
            Issue.record("it was not refused but \(String(describing: refusal))")
            return
        }
        #expect(reason.hasSuffix("has not answered since it connected"))
        #expect(!stage.isAsked)
        stage.world.cut = []
        stage.world.run(milliseconds: 300)
        #expect(try #require(stage.transfer()) == nil)
        stage.world.run(milliseconds: 3_000) { stage.world.leader === stage.back }
        #expect(stage.world.leader === stage.back)
    }

    @Test("A leader without room on its disk waits, too, and finds it as soon as it has answered")
    func ownAccord() throws {
        let stage = try Stage()
        stage.reconnect()
        // The one that the leader hears of no more is no candidate either: only the new connection is in question.
        stage.world.turn(stage.leader, [.space(.low)])
        stage.world.run(milliseconds: 800)
        #expect(!stage.isAsked)
        stage.world.cut.remove([stage.leader.replica, stage.back.replica].sorted())
        stage.world.run(milliseconds: 5_000) { stage.isAsked }
        #expect(stage.isAsked)
    }
}
