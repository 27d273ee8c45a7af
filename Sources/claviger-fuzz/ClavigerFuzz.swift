import ArgumentParser
import Foundation
import Fuzzing

/// Tries decoders with bytes that nobody wrote.
@main
struct ClavigerFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger-fuzz",
        abstract: "Tries every decoder of bytes from outside with inputs that nobody wrote.",
        subcommands: [
            RunCommand.self, CheckCommand.self, ReplayCommand.self, SeedsCommand.self, ListCommand.self,
            WorkCommand.self,
        ])

    /// The decoders of these names, or all.
    static func decoders(_ names: [String]) throws -> [FuzzedDecoder] {
        guard !names.isEmpty else { return FuzzedDecoder.all }
        return try names.map { name in
            guard let decoder = FuzzedDecoder.named(name) else {
                throw ValidationError("no decoder is called \(name); `claviger-fuzz list` names them")
            }
            return decoder
        }
    }
}

/// Where inputs are kept, as seen from the root of the repository.
struct CorpusOption: ParsableArguments {
    @Option(name: .customLong("corpus"), help: "Folder of kept inputs, one folder for each decoder.")
    var directory = "Tests/FuzzingTests/Corpus"

    var corpus: Corpus { Corpus(directory: directory) }
}

/// Names the decoders.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Name the decoders.")

    func run() {
        for decoder in FuzzedDecoder.all {
            Output.line(decoder.name.padding(toLength: 24, withPad: " ", startingAt: 0) + decoder.origin)
        }
    }
}

/// Examines single inputs.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Examine inputs again.",
        discussion: "Exits with 1 when the decoder breaks a promise; a trap ends the process as it would a node's.")

    @Argument(help: "The decoder.") var decoder: String
    @Argument(help: "Files with one input each.") var files: [String]

    func run() throws {
        guard let decoder = try ClavigerFuzz.decoders([decoder]).first else { return }
        var isGood = true
        for file in files {
            let started = ContinuousClock.now
            do {
                let verdict = try decoder.examine(try Corpus.read(file))
                Output.line("\(file) \(verdict) in \(ContinuousClock.now - started)")
            } catch {
                isGood = false
                Output.line("\(file) finding: \(error)")
            }
        }
        if !isGood { throw ExitCode(1) }
    }
}

/// Writes what encoders write.
struct SeedsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seeds", abstract: "Write the inputs that the project's own encoders make.")

    @OptionGroup var options: CorpusOption

    func run() throws {
        for decoder in FuzzedDecoder.all {
            for path in try options.corpus.writeSeeds(of: decoder) { Output.line(path) }
        }
    }
}

/// What `run` starts for each decoder.
struct WorkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work", abstract: "Hand this process to libFuzzer.", shouldDisplay: false)

    @Argument(help: "The decoder.") var decoder: String
    @Argument(parsing: .captureForPassthrough, help: "Arguments of libFuzzer.") var arguments: [String] = []

    func run() throws {
        guard let decoder = try ClavigerFuzz.decoders([decoder]).first else { return }
        throw ExitCode(try FuzzWorker.run(decoder, arguments: arguments))
    }
}
