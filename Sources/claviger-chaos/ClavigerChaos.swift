import ArgumentParser
import Glibc

/// Hurts real processes and measures what becomes of their promises.
@main
struct ClavigerChaos: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-chaos",
        abstract: "Plays scenarios of faults on real processes, checks what clients saw, and reports RTO and RPO.",
        discussion: "Exit codes: 0 done, 1 a promise was broken or a run failed, 2 usage.",
        subcommands: [RunCommand.self, ListCommand.self])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success { exit(withError: error) }
        if code == .validationFailure {
            Console.complain(fullMessage(for: error))
            Glibc.exit(2)
        }
        if let exit = error as? ExitCode { Glibc.exit(exit.rawValue) }
        Console.complain("claviger-chaos: \(error)")
        Glibc.exit(1)
    }
}
