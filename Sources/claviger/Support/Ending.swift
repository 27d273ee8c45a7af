import ArgumentParser
import Glibc

/// A refusal or failure that a command explains in one sentence.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// How the program ends: 0 done, 1 refused or failed, 2 wrong usage.
enum Ending {
    /// Prints what there is to say: help on standard output, a mistake as one sentence on standard error.
    static func exit(for error: any Error) -> Never {
        let code = Claviger.exitCode(for: error)
        if code == .success {
            Claviger.exit(withError: error)
        } else if code == .validationFailure {
            Console.complain(Claviger.fullMessage(for: error))
            Glibc.exit(2)
        } else if let exit = error as? ExitCode {
            Glibc.exit(exit.rawValue)
        } else {
            Console.complain("claviger: \(error)")
            Glibc.exit(1)
        }
    }
}
