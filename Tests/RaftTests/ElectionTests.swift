import Raft
import Testing

@Suite("Elections")
struct ElectionTests {
    @Test("A group without a leader elects exactly one", arguments: [1, 2, 3, 5])
    func electsOne(voters: Int) throws {
        var group = TestGroup(voters: voters)
        group.pass(ticks: 60)
        let leader = try #require(group.leader)
        #expect(group.nodes.count { $0.core.role == .leader } == 1)
        for node in group.nodes { #expect(node.core.leader == ReplicaID(leader)) }
    }

    @Test("A candidate whose log is behind a quorum's does not win")
    func oldLogDoesNotWin() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[3].isCut = true
        try group[1].core.propose([1])
        group.settle()
        group[3].isCut = false
        group[1].isCut = true
        group[2].core.forgetLeader()
        group.elect(3)
        #expect(group[3].core.role != .leader)
        group.elect(2)
        #expect(group[2].core.role == .leader)
    }

    @Test("A replica that comes back from a partition raises nobody's term")
    func preVoteProtectsTheTerm() {
        var group = TestGroup(voters: 3)
        group.elect(1)
        let term = group[1].core.term
        group[3].isCut = true
        for _ in 0..<100 {
            group.tick(3)
            group.settle()
        }
        #expect(group[3].core.role == .preCandidate)
        #expect(group[3].core.term == term)
        group[3].isCut = false
        group.pass(ticks: 5)
        #expect(group.leader == 1)
        #expect(group[1].core.term == term)
    }

    @Test("A leader that hears from no quorum steps down within two election timeouts")
    func lonelyLeaderStepsDown() {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[1].isCut = true
        for _ in 0..<20 {
            group.tick(1)
            group.settle()
        }
        #expect(group[1].core.role != .leader)
    }

    @Test("A follower that hears its leader refuses to elect another")
    func leaseHoldsElectionsOff() throws {
        var group = TestGroup(voters: 3) { $0.preVote = false }
        group.elect(1)
        let before = group[2].core.status
        try group[2].core.step(
            Message(
                kind: .vote, to: ReplicaID(2), from: ReplicaID(3), term: Term(9), logTerm: Term(9), index: LogIndex(9)))
        #expect(group[2].core.status == before)
    }

    @Test("After forgetting its leader a follower elects another at once")
    func forgettingEndsTheLease() {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[1].isCut = true
        group.elect(2)
        #expect(group.leader == 1)
        group[3].core.forgetLeader()
        group.elect(2)
        #expect(group.leader == 2)
    }

    @Test("Leadership is handed over to a follower that has the whole log")
    func transfer() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        try group[1].core.propose([1])
        group.settle()
        group[1].core.transferLeadership(to: ReplicaID(3))
        #expect(throws: ProposalRejection.transferInProgress) { try group[1].core.propose([2]) }
        group.settle()
        #expect(group.leader == 3)
        #expect(group[1].core.role == .follower)
    }

    @Test("A transfer that does not succeed within an election timeout is given up")
    func transferIsGivenUp() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[3].isCut = true
        group[1].core.transferLeadership(to: ReplicaID(3))
        group.settle()
        #expect(group[1].core.leadTransferee == ReplicaID(3))
        group.pass(ticks: 10)
        #expect(group[1].core.leadTransferee == .none)
        try group[1].core.propose([1])
    }

    @Test("A restarted replica keeps its term and vote")
    func restartKeepsTheVote() {
        var group = TestGroup(voters: 3)
        group.elect(1)
        let before = group[2].core.hardState
        group.restart(2)
        #expect(group[2].core.hardState == before)
        #expect(group[2].core.vote == ReplicaID(1))
    }

    @Test("A learner never campaigns")
    func learnersDoNotCampaign() {
        var group = TestGroup(voters: 1, learners: 1)
        group.tick(2, times: 100)
        group[2].core.campaign()
        #expect(group[2].core.role == .follower)
        #expect(!group[2].core.hasReady)
    }

    @Test("Election timeouts cover their whole range evenly")
    func timeoutsAreUniform() {
        var randomness = Randomness(seed: 3)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 { counts[randomness.draw(below: 10)] += 1 }
        for count in counts { #expect((850...1150).contains(count)) }
    }
}
