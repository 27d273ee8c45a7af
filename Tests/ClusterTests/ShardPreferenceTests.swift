import Cluster
import Raft
import Storage
import Testing
import Wire

/// A leader that prefers a replica which has no room, and so takes no leadership.
@Suite("A preferred replica that does not take leadership")
struct ShardPreferenceTests {
    private final class Stage {
        let world: ShardWorld
        let leader: ShardWorld.Member
        let preferred: ShardWorld.Member
        /// When the preferred one was asked, in virtual milliseconds.
        var asked: [UInt64] = []

        init() throws {
            let world = try ShardWorld(replicas: [1, 2, 3]) {
                $0.preferenceHysteresis = 1_000_000_000
                $0.unwillingPause = 4_000_000_000
                $0.longestUnwillingPause = 16_000_000_000
            }
            let leader = try #require(world.elect())
            let preferred = try #require(world.all.first { $0 !== leader })
            (self.world, self.leader, self.preferred) = (world, leader, preferred)
            world.turn(preferred, [.space(.low)])
            world.holds = { [unowned self] to, frame in
                if case .message(_, let message) = frame, message.kind == .timeoutNow, to == self.preferred.replica {
                    let now = self.world.now / 1_000_000
                    if self.asked.last != now { self.asked.append(now) }
                }
                return false
            }
            prefer()
        }

        /// As it is said again and again by those who know the placement.
        func prefer(before others: [ReplicaID] = []) {
            let order = [preferred.replica] + others
            for member in world.all { world.turn(member, [.preferLeaders(ShardWorld.group, order)]) }
            world.settle()
        }

        /// Until it was asked that often, or for two minutes.
        func run(untilAsked count: Int) {
            for _ in 0..<120 where asked.count < count {
                world.run(milliseconds: 1_000) { asked.count >= count }
                prefer()
            }
        }

        /// Milliseconds between one try and the next, from the given one on.
        func pauses(from first: Int = 0) -> [UInt64] {
            let times = asked.dropFirst(first)
            return zip(times.dropFirst(), times).map { $0 - $1 }
        }
    }

    /// A pause, and what comes on top: the try itself, the second in which it is judged, the hysteresis.
    private func fits(_ pause: UInt64, _ seconds: UInt64) -> Bool {
        (seconds * 1_000 + 1_500...seconds * 1_000 + 6_000).contains(pause)
    }

    @Test("It is asked after twice the time each time, up to the longest")
    func doubles() throws {
        let stage = try Stage()
        stage.run(untilAsked: 6)
        let pauses = stage.pauses()
        try #require(pauses.count == 5)
        for (pause, seconds) in zip(pauses, [4, 8, 16, 16, 16] as [UInt64]) {
            #expect(fits(pause, seconds), "\(pauses) ms")
        }
        #expect(stage.world.leader === stage.leader)
    }

    @Test("When it has led, its pauses begin anew")
    func anewAfterLeading() throws {
        let stage = try Stage()
        stage.run(untilAsked: 3)
        stage.world.turn(stage.preferred, [.space(.good)])
        stage.world.run(milliseconds: 25_000) { stage.world.leader === stage.preferred }
        try #require(stage.world.leader === stage.preferred)
        stage.world.turn(stage.preferred, [.space(.low)])
        stage.world.run(milliseconds: 5_000) { stage.world.leader.map { $0 !== stage.preferred } ?? false }
        // The third one has nothing to forget.
        if let third = stage.world.leader, third !== stage.leader {
            stage.world.turn(third, [.transferLeadership(ShardWorld.group, to: stage.leader.replica) { _ in }])
            stage.world.run(milliseconds: 3_000) { stage.world.leader === stage.leader }
        }
        try #require(stage.world.leader === stage.leader)
        let before = stage.asked.count
        stage.run(untilAsked: before + 3)
        let pauses = stage.pauses(from: before)
        try #require(pauses.count == 2)
        #expect(fits(pauses[0], 4) && fits(pauses[1], 8), "\(pauses) ms")
    }

    enum Renewal: CaseIterable, Sendable { case preference, membership, connection }

    @Test("Another order, other members or a new connection begin anew", arguments: Renewal.allCases)
    func anew(_ renewal: Renewal) throws {
        let stage = try Stage()
        stage.run(untilAsked: 4)
        try #require(stage.asked.count == 4)
        // The try that has just begun comes to nothing.
        stage.world.run(milliseconds: 3_000)
        let (leader, world) = (stage.leader, stage.world)
        let begin = world.now / 1_000_000
        switch renewal {
        case .preference:
            let third = try #require(world.all.first { $0 !== leader && $0 !== stage.preferred })
            stage.prefer(before: [leader.replica, third.replica])
        case .membership:
            let change = MembershipChange(changes: [.init(.addLearner, ReplicaID(9 << 16 | 1))])
            let deadline = world.now + 3_000_000_000
            world.turn(leader, [.changeMembership(ShardWorld.group, change, deadline: deadline) { _ in }])
        case .connection: world.turn(leader, [.peerUp(stage.preferred.replica)])
        }
        world.settle()
        for _ in 0..<60 where stage.asked.count < 6 { world.run(milliseconds: 1_000) }
        try #require(stage.asked.count >= 6)
        #expect(stage.asked[4] - begin <= 4_000, "asked \(stage.asked[4] - begin) ms after it could be")
        #expect(fits(stage.asked[5] - stage.asked[4], 4), "\(stage.asked) ms")
    }
}
