import ArgumentParser
import Simulation

#if canImport(Glibc)
import Glibc
#endif

/// Runs simulated federations, one per seed.
struct RunCommand: AsyncParsableCommand {
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

    @Option(help: "How many seeds run at a time, each on a thread of its own; what is printed does not depend on it.")
    var jobs = 1

    @OptionGroup(title: "Instead of the seeds' choices")
    var changes: PlanOptions

    @Option(help: "What this program was built from; printed with a failure.")
    var commit: String?

    @Flag(help: "Print a line per seed: its trace's hash, its steps, and its plan.")
    var verbose = false

    @Flag(help: "End with the first seed that fails.")
    var untilFailure = false

    func validate() throws {
        guard seeds > 0, jobs > 0 else { throw ValidationError("--seeds and --jobs must be at least 1") }
        guard first.addingReportingOverflow(UInt64(seeds)).overflow == false else {
            throw ValidationError("--first is too large")
        }
    }

    func run() async throws {
        if seeds == 1 { _ = try changes.plan(of: first) }
        var total = SimulationTotals()
        let clock = ContinuousClock()
        let began = clock.now
        var plans = first..<first + UInt64(seeds)
        await withTaskGroup(of: SimulationResult.self) { group in
            var finished: [UInt64: SimulationResult] = [:]
            // Seeds that began and were not reported, in their order.
            var open: [UInt64] = []
            var isOver = false
            while true {
                while !isOver, open.count < 16 * jobs, open.count - finished.count < jobs, let plan = nextPlan(&plans) {
                    open.append(plan.seed)
                    group.addTask { SeedRun.result(of: plan) }
                }
                guard let result = await group.next() else { break }
                finished[result.plan.seed] = result
                while !isOver, let seed = open.first, let result = finished.removeValue(forKey: seed) {
                    open.removeFirst()
                    report(result)
                    total.add(result)
                    isOver = untilFailure && result.violation != nil
                }
            }
        }
        let seconds = (clock.now - began) / .seconds(1)
        for line in total.lines(seconds: seconds, threads: jobs) { print(line) }
        if total.failures > 0 { throw ExitCode(1) }
    }

    /// The plan of the next seed that has one with these options.
    private func nextPlan(_ seeds: inout Range<UInt64>) -> SimulationPlan? {
        while let seed = seeds.popFirst() {
            do {
                return try changes.plan(of: seed)
            } catch {
                print("seed \(seed) left out: \(error)")
            }
        }
        return nil
    }

    private func report(_ result: SimulationResult) {
        if verbose {
            print(result.line)
            // A seed that traps must not take along what was said of those before it.
            fflush(nil)
        }
        let failure = result.failure(commit: commit)
        for line in failure { print(line) }
        // A run of hours tells of a failure when it happens, also into a file.
        if !failure.isEmpty { fflush(nil) }
    }
}
