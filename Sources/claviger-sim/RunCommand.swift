import ArgumentParser
import Simulation

#if canImport(Glibc)
import Glibc
#endif

/// Runs simulated federations, one per seed.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Simulate federations under faults, one per seed, and check every step.",
        discussion: """
            Exits with 1 when an invariant did not hold; seed, step and the commands that show and shrink the failure \
            are printed.
            """)

    @Option(help: "How many seeds.")
    var seeds: Int = 100

    @Option(help: "The first seed.")
    var first: UInt64 = 1

    @OptionGroup(title: "Instead of the seeds' choices")
    var changes: PlanOptions

    @Option(help: "What this program was built from; printed with a failure.")
    var commit: String?

    @Flag(help: "Print a line per seed: its trace's hash, its steps, and its plan.")
    var verbose = false

    @Flag(help: "End with the first seed that fails.")
    var untilFailure = false

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds must be at least 1") }
        guard first.addingReportingOverflow(UInt64(seeds)).overflow == false else {
            throw ValidationError("--first is too large")
        }
    }

    func run() throws {
        var total = SimulationTotals()
        let clock = ContinuousClock()
        let began = clock.now
        for seed in first..<first + UInt64(seeds) {
            let plan: SimulationPlan
            do {
                plan = try changes.plan(of: seed)
            } catch let error as ValidationError where seeds > 1 {
                print("seed \(seed) left out: \(error.message)")
                continue
            }
            let result = SeedRun.result(of: plan)
            total.add(result)
            if verbose {
                print(result.line)
                // A seed that traps must not take along what was said of those before it.
                fflush(nil)
            }
            for line in result.failure(commit: commit) { print(line) }
            if untilFailure, result.violation != nil { break }
        }
        let seconds = (clock.now - began) / .seconds(1)
        for line in total.lines(seconds: seconds) { print(line) }
        if total.failures > 0 { throw ExitCode(1) }
    }
}
