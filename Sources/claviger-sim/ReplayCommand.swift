import ArgumentParser
import Simulation

/// Shows the end of one seed's run.
struct ReplayCommand: ParsableCommand {
    /// How steps are shown.
    enum Form: String, ExpressibleByArgument {
        case lines, table
    }

    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run one seed again and show the last steps of every node.",
        discussion: """
            ->n2 #17 is the sending of message 17, <-n1 #17 its reception, x-n1 #17 that it never came; g3 is the \
            group. Exits with 1 when an invariant did not hold.
            """)

    @OptionGroup var options: SeedOptions

    @Option(help: "Steps to show per node.")
    var steps: Int = 40

    @Option(help: "lines, or table: a column for each node, time runs down.")
    var form = Form.lines

    @Option(help: "Columns of text that a table may take.")
    var width: Int = 180

    @Flag(help: "Show heartbeats and questions for the index of a read too.")
    var routine = false

    func validate() throws {
        guard (1...100_000).contains(steps) else { throw ValidationError("--steps must be from 1 to 100000") }
        guard (40...1000).contains(width) else { throw ValidationError("--width must be from 40 to 1000") }
    }

    func run() throws {
        let plan = try options.plan()
        print("seed \(plan.seed): \(plan.summary)")
        let result = SeedRun.result(of: plan, keeping: Trace.Keeping(steps: steps, routine: routine))
        switch form {
        case .lines: print(result.trace.lines, terminator: "")
        case .table: print(result.trace.table(width: width), terminator: "")
        }
        print(result.ending)
        if result.violation != nil { throw ExitCode(1) }
    }
}
