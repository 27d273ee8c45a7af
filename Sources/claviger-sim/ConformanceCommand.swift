import ArgumentParser
import Simulation

/// Runs scenario files of etcd-io/raft against the consensus core.
struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Run consensus scenario files and compare the output.",
        discussion: "Prints a line per file and a total. Exits with 1 when any directive differs.")

    @Option(name: .customLong("dir"), help: "Folder with scenario files; subfolders are searched too.")
    var directory: String

    @Flag(help: "Print what differs.")
    var verbose = false

    func run() throws {
        let report: ConformanceReport
        do {
            report = try ConformanceRunner(directory: directory).run()
        } catch {
            throw ValidationError("cannot read \(directory): \(error)")
        }
        guard report.directives > 0 else { throw ValidationError("no scenario files in \(directory)") }
        for line in report.lines(verbose: verbose) { print(line) }
        if !report.isComplete { throw ExitCode(1) }
    }
}
