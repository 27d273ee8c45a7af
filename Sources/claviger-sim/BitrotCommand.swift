import ArgumentParser
import Simulation

/// Flips bits in a node's files.
struct BitrotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bitrot",
        abstract: "Flip bits in a node's files and look what it makes of them.",
        discussion: """
            Damages SST, WAL, MANIFEST, CURRENT, durable mark, epoch store, audit database and the lengths of records \
            in WAL and MANIFEST in turn, and tells damage that was detected from damage that did no harm. Exits with 1 \
            when any answer was wrong in silence.
            """)

    @OptionGroup var options: DiskOptions

    @Option(help: "How many trials to run.")
    var trials = 1000

    @Option(help: "Run this trial only.")
    var trial: Int?

    func run() throws {
        try options.judge(with: BitrotRunner.self, count: trials, only: trial, what: "trials")
    }
}
