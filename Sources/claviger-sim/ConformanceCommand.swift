import ArgumentParser
import Simulation

/// Runs scenario files, etcd-io/raft's and our own, against the consensus core and the layers above it.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Run consensus scenario files and compare the output.",
        discussion: "Prints a line per file and a total. Exits with 1 when any directive differs.")

    @Option(
        name: .customLong("dir"),
        help: "Folder with scenario files; subfolders are searched too. May be given several times.")
    var directories: [String]

    @Flag(help: "Print what differs.")
    var verbose = false

    @Flag(help: "Write what the commands print into the files. Read every block that this changes.")
    var rewrite = false

    func run() throws {
        var report = ConformanceReport()
        for directory in directories {
            do {
                let runner = ConformanceRunner(directory: directory)
                if rewrite { for file in try runner.rewrite() { print("rewritten: \(file)") } }
                let files = try runner.run().files
                guard !files.isEmpty else { throw ValidationError("no scenario files in \(directory)") }
                report.files += files
            } catch let error as ValidationError {
                throw error
            } catch {
                throw ValidationError("cannot read \(directory): \(error)")
            }
        }
        for line in report.lines(verbose: verbose) { print(line) }
        if !report.isComplete { throw ExitCode(1) }
    }
}
