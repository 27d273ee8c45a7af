import Simulation
import Testing

@Suite("Shrinking of plans")
struct PlanShrinkerTests {
    private static let everything = Faults.names.reduce(into: Faults()) { $0.insert($1.fault) }
    /// Nine nodes.
    private static let plan = SimulationPlan(seed: 4, faults: everything)

    /// A run that nobody plays: it fails where `violation` says so.
    private static func planted(_ violation: @escaping (SimulationPlan) -> Violation?) -> (SimulationPlan)
        -> SimulationResult
    {
        { plan in
            SimulationResult(
                plan: plan, violation: violation(plan), trace: Trace(nodes: plan.nodes, keeping: .nothing),
                coreSteps: 0, time: 0, events: RareEventCounts())
        }
    }

    @Test("What the planted failure needs is left, and nothing else")
    func planted() throws {
        let plan = Self.plan
        let needed = try #require(plan.placements.first { $0.holders.contains { $0 > 1 } })
        let nodes = try #require(needed.holders.first)
        let run = Self.planted { plan in
            plan.faults.isSuperset(of: [.wipes, .loss]) && plan.clients >= 2 && plan.nodes >= nodes
                && plan.trouble >= 3_000_000_000 && plan.placements.contains { $0.name == needed.name }
                ? Violation("I99", "planted") : nil
        }
        let shrunk = try #require(PlanShrinker(budget: 2_000, tries: 1, run: run).shrink(plan))
        #expect(shrunk.isMinimal)
        #expect(shrunk.result.plan.faults == [.wipes, .loss])
        #expect(shrunk.result.plan.clients == 2)
        #expect(shrunk.result.plan.nodes == nodes)
        #expect(shrunk.result.plan.placements.map(\.name) == [needed.name])
        #expect(shrunk.result.plan.trouble == 3_000_000_000)
        let words =
            "--seed 4 --nodes \(nodes) --placements \(needed.name) --clients 2 --trouble 3000 --faults loss,wipes"
        #expect(shrunk.lines.last == "  claviger-sim replay " + words)
    }

    @Test("Another invariant's failure is not taken for it")
    func otherInvariant() throws {
        let run = Self.planted { plan in
            if plan.faults.contains(.crashes), plan.faults.contains(.loss) { return Violation("I1", "both") }
            return plan.faults.isEmpty ? nil : Violation("I2", "any")
        }
        let shrunk = try #require(PlanShrinker(budget: 2_000, tries: 1, run: run).shrink(Self.plan))
        #expect(shrunk.result.plan.faults == [.loss, .crashes])
        #expect(shrunk.result.violation?.invariant == "I1")
    }

    @Test("No plan is run twice, the budget is kept, and only what failed is reported")
    func budget() throws {
        for budget in [1, 2, 10, 5_000] {
            var seen: [SimulationPlan: Bool] = [:]
            var reported: [SimulationPlan] = []
            let run = Self.planted { $0.clients >= 1 && $0.faults.contains(.moves) ? Violation("I99", "") : nil }
            let shrinker = PlanShrinker(budget: budget, tries: 3) { plan in
                let result = run(plan)
                #expect(seen.updateValue(result.violation != nil, forKey: plan) == nil)
                return result
            }
            let shrunk = try #require(shrinker.shrink(Self.plan) { result, _ in reported.append(result.plan) })
            #expect(shrunk.runs == seen.count && shrunk.runs <= budget)
            #expect(reported.allSatisfy { seen[$0] == true })
            #expect(reported.last ?? Self.plan == shrunk.result.plan)
            #expect(shrunk.isMinimal == (budget == 5_000))
        }
    }

    @Test("A plan that fails in one of a few runs only is found, with its draws")
    func luck() throws {
        let run = Self.planted { plan in
            guard plan.faults.contains(.moves) else { return nil }
            return plan.luck == 5 || plan.faults == Self.everything ? Violation("I99", "") : nil
        }
        let shrunk = try #require(PlanShrinker(budget: 5_000, tries: 6, run: run).shrink(Self.plan))
        #expect(shrunk.result.plan.faults == [.moves])
        #expect(shrunk.result.plan.luck == 5)
        #expect(shrunk.result.plan.arguments.contains("--luck"))
        let fewer = try #require(PlanShrinker(budget: 5_000, tries: 5, run: run).shrink(Self.plan))
        #expect(fewer.result.plan.faults == Self.everything)
    }

    @Test("What holds is not shrunk")
    func holding() {
        #expect(PlanShrinker(budget: 10, tries: 1, run: Self.planted { _ in nil }).shrink(Self.plan) == nil)
        #expect(
            PlanShrinker(budget: 0, tries: 1, run: Self.planted { _ in Violation("I1", "") }).shrink(Self.plan) == nil)
    }

    @Test("Real runs: the faults that let a leader crash are found, and the small run does the same again")
    func real() throws {
        /// Plants the failure: a leader must not crash.
        func run(_ plan: SimulationPlan) -> SimulationResult {
            var result = SeedRun.result(of: plan)
            result.violation = result.events[.leaderCrash] > 0 ? Violation("I99", "a leader crashed") : nil
            return result
        }
        let plan = SimulationPlan(seed: 3, faults: [.loss, .duplication, .crashes, .longDelays, .shortLogs])
        let shrunk = try #require(PlanShrinker(budget: 100, tries: 1, run: run).shrink(plan))
        let smallest = shrunk.result.plan
        #expect(smallest.faults == [.crashes])
        #expect(smallest.clients == 0)
        #expect(smallest.placements.count == 1)
        #expect(smallest.trouble < plan.trouble)
        let again = run(smallest)
        #expect(again.violation == shrunk.result.violation)
        #expect(again.trace.hash == shrunk.result.trace.hash)
    }
}
