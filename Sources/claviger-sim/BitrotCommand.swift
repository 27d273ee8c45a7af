import ArgumentParser
import Simulation

/// Flips bits in a node's files.
struct BitrotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bitrot",
        abstract: "Flip bits in a node's files and look what it makes of them.",
        discussion: """
            Damages SST, WAL, MANIFEST, CURRENT, durable mark, epoch store, audit database and the lengths of records in \
            WAL and MANIFEST in turn, and tells damage that was detected from damage that did no harm. Exits with 1 when \
            any answer was wrong in silence.
            """)

    @OptionGroup var options: RunOptions

    @Option(help: "How many trials to run.")
    var trials = 1000

    @Option(help: "Run this trial only.")
    var trial: Int?

    func validate() throws {
        guard trials > 0, trial ?? 0 >= 0 else { throw ValidationError("trials are counted from 0") }
    }

    func run() throws {
        let numbers = trial.map { $0..<$0 + 1 } ?? 0..<trials
        var runner = BitrotRunner(seed: options.seed, folder: options.directory)
        runner.progress = { options.progress($0, of: numbers.count, "trials") }
        guard let report = try runner.run(numbers) else { throw ValidationError("no scratch folder can be made") }
        try options.show(report, lines: report.lines)
        if !report.isGood { throw ExitCode(1) }
    }
}
