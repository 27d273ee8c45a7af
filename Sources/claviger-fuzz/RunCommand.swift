import ArgumentParser
import Dispatch
import Foundation
import Fuzzing

/// Where a campaign keeps what it makes.
struct CampaignOptions: ParsableArguments {
    @OptionGroup var corpus: CorpusOption
    @Option(help: "Folder for new inputs, logs and failures.") var output = ".build/fuzzing"

    func validate() throws {
        guard FuzzWorker.isPossible else {
            throw ValidationError("libFuzzer is not linked into this build; `make fuzz` makes one that has it")
        }
    }

    func campaign(seconds: Int) -> FuzzCampaign {
        FuzzCampaign(
            seconds: seconds, corpus: corpus.corpus, directory: output,
            program: Bundle.main.executablePath ?? CommandLine.arguments[0])
    }
}

/// Fuzzes decoders for a set time each.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Fuzz each decoder for a set time.",
        discussion: """
            Prints a line per decoder: executions, executions per second, edges reached, and how it ended. A failure \
            prints the input and the command that examines it again. Exits with 1 when there is one.
            """)

    @OptionGroup var options: CampaignOptions
    @Option(help: "Seconds for each decoder.") var seconds = 60
    @Option(help: "Decoders at a time.") var jobs = 2
    @Argument(help: "Decoders; all if none is named.") var names: [String] = []

    func validate() throws {
        guard (1...86_400).contains(seconds), (1...64).contains(jobs) else {
            throw ValidationError("1 to 86400 seconds and 1 to 64 jobs")
        }
    }

    func run() throws {
        let campaign = options.campaign(seconds: seconds)
        let queue = Waiting(try ClavigerFuzz.decoders(names))
        let report = CampaignReport()
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while let decoder = queue.next() {
                do {
                    report.add(try campaign.run(decoder))
                } catch {
                    report.add(decoder, error)
                }
            }
        }
        if report.end() > 0 { throw ExitCode(1) }
    }
}

/// Shows that a campaign notices what it is for.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Fuzz decoders that are wrong on purpose.",
        discussion: "Exits with 1 unless the trap, the hang, the allocation and the wrong answer are all found.")

    @OptionGroup var options: CampaignOptions

    func run() throws {
        let campaign = options.campaign(seconds: 60)
        var missed = 0
        for decoder in FuzzedDecoder.mistaken {
            let result = try campaign.run(decoder)
            if let failure = result.failure, failure.path.contains("/failures/") {
                Output.line("\(decoder.name) found: \(failure.reason)")
                try FileManager.default.removeItem(atPath: failure.path)
            } else {
                missed += 1
                Output.line("\(decoder.name) NOT FOUND: \(result.failure?.reason ?? "it ended as if all were good")")
            }
        }
        if missed > 0 { throw ExitCode(1) }
    }
}

/// The decoders whose turn has not come.
// SAFETY: everything is read and written under the lock.
private final class Waiting: @unchecked Sendable {
    private let lock = NSLock()
    private var decoders: [FuzzedDecoder]

    init(_ decoders: [FuzzedDecoder]) { self.decoders = decoders.reversed() }

    func next() -> FuzzedDecoder? { lock.withLock { decoders.popLast() } }
}
