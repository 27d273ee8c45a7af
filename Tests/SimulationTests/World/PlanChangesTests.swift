import Simulation
import Testing

@Suite("Changed plans")
struct PlanChangesTests {
    /// Seven nodes.
    private static let plan = SimulationPlan(seed: 807)

    @Test("What is not named stays as the seed chose it")
    func nothing() throws {
        #expect(try Self.plan.changed(by: PlanChanges()) == Self.plan)
        let changed = try Self.plan.changed(by: PlanChanges(faults: [.loss], clients: 1, trouble: 2_500))
        #expect(changed.faults == [.loss] && changed.clients == 1 && changed.trouble == 2_500_000_000)
        #expect(changed.placements == Self.plan.placements && changed.nodes == Self.plan.nodes)
    }

    @Test("Nodes go with their replicas, and placements without a node")
    func nodes() throws {
        for seed: UInt64 in 1...200 {
            let plan = SimulationPlan(seed: seed)
            for nodes in 1...plan.nodes {
                guard let changed = try? plan.changed(by: PlanChanges(nodes: nodes)) else {
                    #expect(plan.placements.allSatisfy { $0.holders.allSatisfy { $0 > nodes } })
                    continue
                }
                #expect(changed.nodes == nodes)
                for placement in plan.placements {
                    let left = changed.placements.first { $0.name == placement.name }?.holders
                    let holders = placement.holders.filter { $0 <= nodes }
                    let isEven = holders.count.isMultiple(of: 2)
                    #expect(left ?? [] == (isEven ? Array(holders.dropLast()) : holders))
                }
            }
        }
    }

    @Test("Placements are kept by name, with their groups")
    func placements() throws {
        let kept = Self.plan.placements[1]
        let changed = try Self.plan.changed(by: PlanChanges(placements: [kept.name]))
        #expect(changed.placements == [kept])
    }

    @Test("What makes no federation is refused")
    func refusals() {
        let changes = [
            PlanChanges(clients: -1), PlanChanges(clients: 101), PlanChanges(nodes: 0),
            PlanChanges(nodes: Self.plan.nodes + 1), PlanChanges(placements: []), PlanChanges(placements: ["p99"]),
            PlanChanges(trouble: .max),
        ]
        for changes in changes {
            #expect(throws: PlanChanges.Refusal.self) { try Self.plan.changed(by: changes) }
        }
    }

    @Test("Names of faults are read as they are written")
    func faults() throws {
        for (fault, name) in Faults.names { #expect(try Faults(parsing: name) == fault) }
        let everything = Faults.names.reduce(into: Faults()) { $0.insert($1.fault) }
        for faults in [[], [.loss], [.pauses, .shortLogs], everything] {
            #expect(try Faults(parsing: faults.text) == faults)
        }
        for text in ["", "loss,", "LOSS", "loss, crashes", "loss,none"] {
            #expect(throws: PlanChanges.Refusal.self) { try Faults(parsing: text) }
        }
    }

    @Test("The words of a plan make the plan again")
    func arguments() throws {
        let changes = [
            PlanChanges(), PlanChanges(faults: []), PlanChanges(faults: [.moves, .crashes], nodes: 5),
            PlanChanges(clients: 0, placements: [Self.plan.placements[1].name], nodes: 6, trouble: 12_300, luck: 9),
        ]
        for changes in changes {
            let plan = try Self.plan.changed(by: changes)
            #expect(try Self.read(plan.arguments) == plan)
        }
        #expect(Self.plan.arguments == ["--seed", "807"])
    }

    /// As a command line is read.
    private static func read(_ words: [String]) throws -> SimulationPlan {
        var values: [String: String] = [:]
        for place in stride(from: 0, to: words.count, by: 2) { values[words[place]] = words[place + 1] }
        let seed = try #require(values.removeValue(forKey: "--seed").flatMap { UInt64($0) })
        let changes = PlanChanges(
            faults: try values.removeValue(forKey: "--faults").map { try Faults(parsing: $0) },
            clients: values.removeValue(forKey: "--clients").flatMap { Int($0) },
            placements: values.removeValue(forKey: "--placements")?.split(separator: ",").map(String.init),
            nodes: values.removeValue(forKey: "--nodes").flatMap { Int($0) },
            trouble: values.removeValue(forKey: "--trouble").flatMap { UInt64($0) },
            luck: values.removeValue(forKey: "--luck").flatMap { UInt64($0) })
        #expect(values.isEmpty)
        return try SimulationPlan(seed: seed).changed(by: changes)
    }

    @Test("A smaller federation stands up and heals, whatever was left out", arguments: [UInt64(1), 3, 8, 17])
    func smallOnes(seed: UInt64) throws {
        let plan = SimulationPlan(seed: seed, faults: [])
        for nodes in 1...plan.nodes {
            guard let small = try? plan.changed(by: PlanChanges(clients: 1, nodes: nodes, trouble: 1_000)) else {
                continue
            }
            let result = SeedRun.result(of: small)
            #expect(result.violation == nil, "seed \(seed), \(nodes) nodes: \(String(describing: result.violation))")
        }
    }
}
