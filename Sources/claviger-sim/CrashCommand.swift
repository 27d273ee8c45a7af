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

    @OptionGroup var options: DiskOptions

    @Option(help: "How many cycles to run.")
    var cycles = 1000

    @Option(help: "Run this cycle only.")
    var cycle: Int?

    @Flag(help: "End with the first cycle that fails.")
    var untilFailure = false

    func run() throws {
        try options.judge(with: CrashRunner.self, count: cycles, only: cycle, what: "cycles") {
            $0.endsAtFailure = untilFailure
        }
    }
}
