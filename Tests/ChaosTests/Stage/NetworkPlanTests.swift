import Chaos
import Testing

@Suite("The plan of a run's network")
struct NetworkPlanTests {
    private typealias Site = NetworkPlan.Site

    private static let west = Site.node("west", region: "w")
    private static let east = Site.node("east", region: "e")
    private static let north = Site.node("north", region: "n")
    private static let westClients = Site.clients("w")
    private static let eastClients = Site.clients("e")

    private static func plan() -> NetworkPlan {
        NetworkPlan(
            sites: [west, east, north, westClients, eastClients],
            distances: Distances(within: .milliseconds(1), between: .milliseconds(20), loss: 0.01))
    }

    private static func condition(_ plan: NetworkPlan, _ from: NetworkPlan.Site, _ to: NetworkPlan.Site)
        -> LinkCondition
    {
        plan.condition(of: NetworkPlan.Way(from: from, to: to))
    }

    private static let near = LinkCondition(delay: .milliseconds(1))
    private static let far = LinkCondition(delay: .milliseconds(20), loss: 0.01)

    @Test("A region's clients are near to its nodes and far from all others")
    func distances() {
        let plan = Self.plan()
        #expect(Self.condition(plan, Self.westClients, Self.west) == Self.near)
        #expect(Self.condition(plan, Self.west, Self.westClients) == Self.near)
        #expect(Self.condition(plan, Self.westClients, Self.east) == Self.far)
        #expect(Self.condition(plan, Self.west, Self.east) == Self.far)
        #expect(plan.conditions.count == 5 * 4)
    }

    @Test("A node and the clients of a region of the same name have two hosts")
    func hosts() {
        let names = [Site.node("eu", region: "eu"), Site.clients("eu")].map(\.host)
        #expect(Set(names).count == 2)
    }

    @Test("A cut holds both ways and for nobody else; a cut one way holds one way")
    func cut() {
        var plan = Self.plan()
        let both = plan.add(.cut(Whereabouts(nodes: ["west"]), Whereabouts(nodes: ["east"]), isOneWay: false))
        #expect(Self.condition(plan, Self.west, Self.east).isCut)
        #expect(Self.condition(plan, Self.east, Self.west).isCut)
        #expect(Self.condition(plan, Self.west, Self.north) == Self.far)
        #expect(Self.condition(plan, Self.westClients, Self.east) == Self.far)
        plan.remove(both)
        _ = plan.add(.cut(Whereabouts(nodes: ["west"]), Whereabouts(clients: ["e"]), isOneWay: true))
        #expect(Self.condition(plan, Self.west, Self.eastClients).isCut)
        #expect(!Self.condition(plan, Self.eastClients, Self.west).isCut)
        #expect(!Self.condition(plan, Self.west, Self.east).isCut)
    }

    @Test("Nobody of one group reaches one of another, and whom no group names reaches all")
    func split() {
        var plan = Self.plan()
        _ = plan.add(
            .split([Whereabouts(nodes: ["west"], clients: ["w"]), Whereabouts(nodes: ["east", "north"])]))
        #expect(Self.condition(plan, Self.west, Self.east).isCut)
        #expect(Self.condition(plan, Self.north, Self.westClients).isCut)
        #expect(!Self.condition(plan, Self.east, Self.north).isCut)
        #expect(!Self.condition(plan, Self.west, Self.westClients).isCut)
        #expect(!Self.condition(plan, Self.eastClients, Self.west).isCut)
        #expect(!Self.condition(plan, Self.east, Self.eastClients).isCut)
    }

    @Test("A link is as far as the last fault about it says, and cut while any fault cuts it")
    func link() {
        var plan = Self.plan()
        let (west, east) = (Whereabouts(nodes: ["west"]), Whereabouts(nodes: ["east"]))
        let slow = plan.add(.link(west, east, delay: .milliseconds(300), loss: 0.2))
        let cut = plan.add(.cut(west, east, isOneWay: false))
        let slower = plan.add(.link(east, west, delay: .milliseconds(900), loss: 0))
        #expect(
            Self.condition(plan, Self.west, Self.east) == LinkCondition(delay: .milliseconds(900), isCut: true))
        plan.remove(slower)
        plan.remove(cut)
        #expect(
            Self.condition(plan, Self.east, Self.west) == LinkCondition(delay: .milliseconds(300), loss: 0.2))
        plan.remove(slow)
        plan.remove(slow)
        #expect(Self.condition(plan, Self.west, Self.east) == Self.far)
    }

    @Test("To undo one of two cuts leaves the other standing, and to mend undoes all")
    func undone() {
        var plan = Self.plan()
        let west = Whereabouts(nodes: ["west"])
        let first = plan.add(.cut(west, Whereabouts(nodes: ["east", "north"]), isOneWay: false))
        let second = plan.add(.cut(west, Whereabouts(nodes: ["east"]), isOneWay: false))
        #expect(first != second)
        plan.remove(first)
        #expect(Self.condition(plan, Self.west, Self.east).isCut)
        #expect(!Self.condition(plan, Self.west, Self.north).isCut)
        plan.removeAll()
        #expect(plan.conditions.allSatisfy { !$0.condition.isCut })
    }
}
