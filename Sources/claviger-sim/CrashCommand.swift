import ArgumentParser
import Simulation

/// Crashes the real store over a disk that forgets what was not synced.
struct CrashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash",
        abstract: "Crash the store on disk at random steps and look what is left.",
        discussion: """
            Runs the RocksDB store over a disk that loses, keeps or tears what was not synced, and compares what is \
            found after each crash with what was acknowledged. Exits with 1 when anything is missing or wrong.
            """)

    @OptionGroup var options: RunOptions

    @Option(help: "How many cycles to run.")
    var cycles = 1000

    @Option(help: "Run this cycle only.")
    var cycle: Int?

    @Flag(help: "End with the first cycle that fails.")
    var untilFailure = false

    func validate() throws {
        guard cycles > 0, cycle ?? 0 >= 0 else { throw ValidationError("cycles are counted from 0") }
    }

    func run() throws {
        let numbers = cycle.map { $0..<$0 + 1 } ?? 0..<cycles
        var runner = CrashRunner(seed: options.seed, folder: options.directory)
        runner.endsAtFailure = untilFailure
        runner.progress = { options.progress($0, of: numbers.count, "cycles") }
        guard let report = runner.run(numbers) else { throw ValidationError("no scratch folder can be made") }
        try options.show(report, lines: report.lines)
        if !report.isGood { throw ExitCode(1) }
    }
}
