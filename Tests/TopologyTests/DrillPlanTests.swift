import Testing
import Topology

@Suite("Plans of drills")
struct DrillPlanTests {
    private static func plan(
        _ region: String = "eu-west", problems: [String: String] = [:], holders: [String] = ["a", "b", "c"]
    ) throws -> DrillPlan {
        let nodes = [("a", "eu-west"), ("b", "eu-central"), ("c", "eu-north"), ("d", "us-east"), ("a2", "eu-west")]
        return try DrillPlan(
            region: region, nodes: nodes.map { .init(name: $0.0, region: $0.1, problem: problems[$0.0]) },
            placements: [.init(name: "eu", holders: holders), .init(name: "us", holders: ["d"])])
    }

    @Test("All nodes of the region leave; only placements with a replica there are looked at")
    func plain() throws {
        let plan = try Self.plan()
        #expect(plan.leaving == ["a", "a2"])
        #expect(plan.placements.map(\.name) == ["eu"])
        #expect(plan.objections.isEmpty)
        #expect(plan.regions(of: plan.placements[0]) == ["eu-west", "eu-central", "eu-north"])
    }

    @Test("Whoever stays must be well")
    func staying() throws {
        let plan = try Self.plan(problems: ["b": "is unreachable"])
        #expect(plan.objections == ["placement eu: b stays, but is unreachable"])
        let stranger = try Self.plan(holders: ["a", "b", "x"])
        #expect(stranger.objections == ["placement eu: x stays, but is not known"])
    }

    @Test("A majority must stay")
    func majority() throws {
        let single = try Self.plan("us-east")
        #expect(single.objections == ["placement us: 0 of 1 holders stay, which is no majority"])
        let pair = try Self.plan(holders: ["a", "a2", "b"])
        #expect(pair.objections == ["placement eu: 1 of 3 holders stay, which is no majority"])
        let half = try Self.plan(holders: ["a", "b"])
        #expect(half.objections == ["placement eu: 1 of 2 holders stay, which is no majority"])
    }

    @Test("A node that cannot be asked does not leave, and that speaks against the drill")
    func leaving() throws {
        let plan = try Self.plan(problems: ["a2": "is unreachable"])
        #expect(plan.leaving == ["a"])
        #expect(plan.objections == ["a2 is to leave and cannot be asked: is unreachable"])
    }

    @Test("Nothing to be lost, nothing to be seen")
    func refused() {
        #expect(throws: TopologyError.self) { try Self.plan("mars") }
        #expect(throws: TopologyError.self) { try Self.plan("eu-west", holders: ["b", "c"]) }
    }
}
