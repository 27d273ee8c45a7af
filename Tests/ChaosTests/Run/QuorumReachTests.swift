import Chaos
import Testing

@Suite struct QuorumReachTests {
    private func reach(_ faults: NetworkFault..., down: Set<String> = []) -> Set<String> {
        var reach = QuorumReach(holders: ["a", "b", "c"])
        reach.faults = faults
        reach.down = down
        return reach.isolated
    }

    private func side(_ nodes: String...) -> Whereabouts { Whereabouts(nodes: nodes) }

    @Test func nobodyIsIsolatedWhereNothingIsWrong() { #expect(reach().isEmpty) }

    @Test func oneOfThreeIsIsolatedByASplitAndTwoAreNot() {
        #expect(reach(.split([side("a"), side("b", "c")])) == ["a"])
        #expect(reach(.split([side("a"), side("b"), side("c")])) == ["a", "b", "c"])
    }

    @Test func whoIsInNoGroupReachesEverybody() {
        #expect(reach(.split([side("a"), side("c")])).isEmpty)
    }

    @Test func oneWayIsNoWayForAnswers() {
        #expect(reach(.cut(side("a"), side("b", "c"), isOneWay: true)) == ["a"])
        #expect(reach(.cut(side("b", "c"), side("a"), isOneWay: true)) == ["a"])
    }

    @Test func aBridgeKeepsAMajorityToEach() {
        #expect(reach(.cut(side("a"), side("c"), isOneWay: false)).isEmpty)
    }

    @Test func whoIsLeftAloneByTheDeadHasNoQuorum() {
        #expect(reach(down: ["a"]).isEmpty)
        #expect(reach(down: ["a", "b"]) == ["c"])
    }

    @Test func longWaysAreWaysUnlessAllIsLost() {
        #expect(reach(.link(side("a"), side("b", "c"), delay: .seconds(1), loss: 0.5)).isEmpty)
        #expect(reach(.link(side("a"), side("b", "c"), delay: .zero, loss: 1)) == ["a"])
    }
}
