import ArgumentParser
import Simulation

/// Looks for a smaller run that fails like this one.
struct ShrinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shrink",
        abstract: "Leave faults, placements, clients and nodes out of a failing run while the same invariant fails.",
        discussion: """
            Prints each smaller plan that fails, and at the end the smallest with the command that repeats it. Exits \
            with 1 when there is a failure, and with 0 when every invariant held.
            """)

    @OptionGroup var options: SeedOptions

    @Option(help: "Most runs.")
    var budget: Int = 1000

    @Option(help: "Runs of a smaller plan, each with other draws, before it passes for one that does not fail.")
    var tries: Int = 8

    func validate() throws {
        guard budget > 0, tries > 0 else { throw ValidationError("--budget and --tries must be at least 1") }
    }

    func run() throws {
        let plan = try options.plan()
        let shrinker = PlanShrinker(budget: budget, tries: tries)
        let shrunk = shrinker.shrink(plan) { result, runs in print("run \(runs): \(result.plan.summary)") }
        guard let shrunk else { return print("every invariant held") }
        for line in shrunk.lines { print(line) }
        throw ExitCode(1)
    }
}
