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
        discussion: "Exits with 1 when an invariant did not hold; the seed and the command that shows it are printed.")

    @Option(help: "How many seeds.")
    var seeds: Int = 100

    @Option(help: "The first seed.")
    var first: UInt64 = 1

    @Flag(help: "Print a line per seed: its trace's hash, its steps, and its plan.")
    var verbose = false

    @Flag(help: "End with the first seed that fails.")
    var untilFailure = false

    mutating func validate() throws {
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
            let result = SeedRun.result(of: seed)
            total.add(result)
            if verbose {
                print(result.line)
                // A seed that traps must not take along what was said of those before it.
                fflush(nil)
            }
            guard let violation = result.violation else { continue }
            print("seed \(seed), step \(result.traceSteps): \(violation)")
            print("  \(result.plan.summary)")
            print("  claviger-sim replay --seed \(seed)")
            if untilFailure { break }
        }
        let seconds = (clock.now - began) / .seconds(1)
        for line in total.lines(seconds: seconds) { print(line) }
        if total.failures > 0 { throw ExitCode(1) }
    }
}

/// Shows the end of one seed's run.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run one seed again and show its last steps.")

    @Option(help: "The seed.")
    var seed: UInt64

    @Option(help: "Steps to show per node.")
    var steps: Int = 40

    mutating func validate() throws {
        guard (1...100_000).contains(steps) else { throw ValidationError("--steps must be from 1 to 100000") }
    }

    func run() throws {
        let federation = SimulatedFederation(plan: SimulationPlan(seed: seed), keepingLines: steps)
        let violation = federation.run()
        print("seed \(seed): \(federation.plan.summary)")
        for line in federation.trace.lines {
            let millis = line.at / 1_000_000
            print("\(millis) ms  \(line.node == 0 ? "--" : "n\(line.node)")  \(line.text)")
        }
        guard let violation else { return print("every invariant held") }
        print("step \(federation.trace.count): \(violation)")
        throw ExitCode(1)
    }
}
