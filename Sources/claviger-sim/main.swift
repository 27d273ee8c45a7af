import ArgumentParser
import Foundation

/// Judges the consensus core and the federation without a network, a disk or a clock.
struct ClavigerSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-sim",
        abstract: "Deterministic judges of the consensus core and the federation.",
        subcommands: [
            ConformanceCommand.self, RunCommand.self, ReplayCommand.self, ShrinkCommand.self, CheckHistoryCommand.self,
            CrashCommand.self, BitrotCommand.self, MutantsCommand.self,
        ])
}

// Exit codes: 0 done, 1 something differs, 2 usage, 3 not known.
do {
    var command = try ClavigerSim.parseAsRoot()
    try command.run()
} catch {
    guard ClavigerSim.exitCode(for: error) == .validationFailure else { ClavigerSim.exit(withError: error) }
    StandardError.write(ClavigerSim.fullMessage(for: error) + "\n")
    exit(2)
}
