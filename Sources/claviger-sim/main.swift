import ArgumentParser
import Simulation

#if canImport(Glibc)
import Glibc
#endif

/// Judges the consensus core and the federation without a network, a disk or a clock.
struct ClavigerSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-sim",
        abstract: "Deterministic judges of the consensus core and the federation.",
        subcommands: [
            ConformanceCommand.self, RunCommand.self, ReplayCommand.self, CheckHistoryCommand.self, CrashCommand.self,
            BitrotCommand.self, MutantsCommand.self,
        ])
}

// Exit codes: 0 done, 1 something differs, 2 usage, 3 not known.
do {
    var command = try ClavigerSim.parseAsRoot()
    try command.run()
} catch {
    guard ClavigerSim.exitCode(for: error) == .validationFailure else { ClavigerSim.exit(withError: error) }
    var errors = FileDescriptorOutput(descriptor: 2)
    print(ClavigerSim.fullMessage(for: error), to: &errors)
    exit(2)
}

/// Writes to a file descriptor, unbuffered.
private struct FileDescriptorOutput: TextOutputStream {
    let descriptor: Int32

    mutating func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}
