import ArgumentParser
import Foundation

/// Judges the consensus core and the federation without a network, a disk or a clock.
struct ClavigerSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-sim",
        abstract: "Deterministic judges of the consensus core and the federation.",
        subcommands: [
            ConformanceCommand.self, RunCommand.self, ReplayCommand.self, ShrinkCommand.self, CheckHistoryCommand.self,
            CrashCommand.self, BitrotCommand.self, MutantsCommand.self,
        ])

    /// Runs what the command line asks for.
    static func perform() async throws {
        var command = try parseAsRoot()
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }
}

// Exit codes: 0 done, 1 something differs, 2 usage, 3 not known.
do {
    try await ClavigerSim.perform()
} catch {
    guard ClavigerSim.exitCode(for: error) == .validationFailure else { ClavigerSim.exit(withError: error) }
    StandardError.write(ClavigerSim.fullMessage(for: error) + "\n")
    exit(2)
}
