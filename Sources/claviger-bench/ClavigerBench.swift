import ArgumentParser
import Glibc

/// The load generator. Each subcommand stands in its own file in Commands.
@main
struct ClavigerBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-bench",
        abstract: "Measures a federation: a running one, or one that it starts and removes.",
        discussion: "Exit codes: 0 done, 1 failed, a promise broken or an acknowledged write lost, 2 usage.",
        subcommands: [
            CryptoCommand.self, WritesCommand.self, FailoverCommand.self, KillLoopCommand.self, HostileCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            Cleanup.run()
            exit(for: error)
        }
    }

    private static func exit(for error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success { exit(withError: error) }
        if code == .validationFailure {
            Console.complain(fullMessage(for: error))
            Glibc.exit(2)
        }
        if let exit = error as? ExitCode { Glibc.exit(exit.rawValue) }
        Console.complain("claviger-bench: \(error)")
        Glibc.exit(1)
    }
}

/// A failure that a measurement explains in one sentence.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
