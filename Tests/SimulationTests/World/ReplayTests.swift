import Simulation
import Testing

/// Real runs, as a person sees them.
@Suite("Replays")
struct ReplayTests {
    /// Three nodes and two placements with everything that a short run can have.
    private static let plan = SimulationPlan(seed: 3, faults: [.loss, .crashes, .pauses, .partitions])

    private static func shortened(_ plan: SimulationPlan) throws -> SimulationPlan {
        try plan.changed(by: PlanChanges(clients: 2, trouble: 6_000))
    }

    @Test("A run that is looked at is the run that was not", arguments: [UInt64(3), 8])
    func sameRun(seed: UInt64) {
        let plan = SimulationPlan(seed: seed)
        let blind = SeedRun.result(of: plan)
        let seen = SeedRun.result(of: plan, keeping: Trace.Keeping(steps: 50, routine: true))
        #expect(blind.trace.hash == seen.trace.hash)
        #expect(blind.trace.count == seen.trace.count)
        #expect(blind.trace.steps.isEmpty)
    }

    @Test("The last steps of every node are there, in order, and none after the end")
    func steps() throws {
        let plan = try Self.shortened(Self.plan)
        let result = SeedRun.result(of: plan, keeping: Trace.Keeping(steps: 25))
        for node in 1...plan.nodes { #expect(result.trace.steps(of: UInt16(node)).count == 25) }
        let steps = result.trace.steps
        #expect(steps.map(\.number) == steps.map(\.number).sorted())
        #expect(steps.map(\.time) == steps.map(\.time).sorted())
        #expect(steps.last.map { $0.number <= result.trace.count && $0.time <= result.time } == true)
    }

    @Test("Every reception has its sending before it, with the same words")
    func arrows() throws {
        let plan = try Self.shortened(Self.plan)
        let steps = SeedRun.result(of: plan, keeping: Trace.Keeping(steps: 100_000, routine: true)).trace.steps
        var sent: [UInt64: TraceStep] = [:]
        var (received, dropped) = (0, 0)
        for step in steps {
            switch step.kind {
            case .send(let message, _):
                #expect(sent.updateValue(step, forKey: message) == nil)
            case .receive(let message, let from):
                let sending = try #require(sent[message])
                #expect(sending.node == from && sending.time < step.time && sending.text == step.text)
                received += 1
            case .drop(let message, let from):
                #expect(sent[message]?.node == from)
                dropped += 1
            default: break
            }
        }
        #expect(received > 1000)
        #expect(dropped > 10)
        let kinds = steps.map(\.kind)
        for kind in [TraceStep.Kind.crash, .restart, .pause, .resume, .fault, .management, .client, .local] {
            #expect(kinds.contains(kind), "\(kind)")
        }
    }

    @Test("Lines and table show the same steps")
    func forms() throws {
        let plan = try Self.shortened(Self.plan)
        let trace = SeedRun.result(of: plan, keeping: Trace.Keeping(steps: 30)).trace
        let lines = trace.lines.split(separator: "\n")
        #expect(lines.count == trace.steps.count)
        let table = trace.table(width: 150)
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= 150 })
        #expect(table.hasPrefix("time (s)"))
        // A mark for each step of a node, a banner for each of the others.
        let marks = table.split(separator: "\n").dropFirst().map { line in
            line.hasPrefix(" ") ? 0 : line.contains(" === ") ? 1 : Self.marks(in: line, nodes: plan.nodes)
        }
        #expect(marks.reduce(0, +) == trace.steps.count)
        for step in trace.steps {
            guard case .receive(let message, let from) = step.kind else { continue }
            #expect(table.contains("<-n\(from) #\(message)"))
        }
    }

    /// Columns begin after 15 letters and are of one width.
    private static func marks(in line: Substring, nodes: Int) -> Int {
        let letters = Array(line)
        let width = (150 - 15) / nodes
        return (0..<nodes).count { place in
            let at = 15 + place * width
            return at < letters.count && letters[at] == "*"
        }
    }

    @Test("A failure is told with its seed, its step and the commands that repeat it")
    func failure() throws {
        let plan = try SimulationPlan(seed: 3, faults: [.loss]).changed(by: PlanChanges(trouble: 1_500))
        var result = SeedRun.result(of: plan)
        #expect(result.violation == nil)
        #expect(result.failure(commit: "abc").isEmpty)
        #expect(result.ending == "every invariant held")
        result.violation = Violation("I99", "planted")
        let lines = result.failure(commit: "abc")
        let words = "--seed 3 --trouble 1500 --faults loss"
        #expect(lines.first?.hasPrefix("seed 3, step \(result.trace.count) at ") == true)
        #expect(lines.first?.hasSuffix(" s: I99: planted") == true)
        #expect(lines.contains("  commit: abc"))
        #expect(lines.suffix(2) == ["  claviger-sim replay \(words)", "  claviger-sim shrink \(words)"])
        #expect(result.failure(commit: nil).contains { $0.contains("commit: not known") })
    }
}
