import ArgumentParser
import Topology

/// `claviger demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs a six-region federation, kills a region under load, and checks every claim it makes.",
        discussion: """
            Prints PASS or FAIL for each claim and exits with 1 if any failed. Takes less than two minutes.
            Everything it starts is stopped at the end.
            """)

    @OptionGroup var options: GlobalOptions

    @Option(name: .customLong("dir"), help: "An empty directory for its files; a temporary one if absent.")
    var directory: String?

    @Flag(help: "Keeps the files. They are kept whenever a claim failed.")
    var keep = false

    @Option(help: ArgumentHelp("The directory of clavigerd and claviger-kms-plugin.", valueName: "dir"))
    var programs: String?

    @Option(help: "For how many seconds the load is measured after the region is killed.")
    var measure = 12

    func validate() throws {
        guard (10...600).contains(measure) else { throw ValidationError("--measure: \(measure) is not from 10 to 600") }
    }

    func run() async throws {
        let report = DemoReport(options.output)
        let stage = try DemoStage.make(directory: directory, programs: try DemoPrograms(beside: programs))
        let story = DemoStory(stage: stage, report: report, measure: .seconds(measure))
        await story.tell()
        try report.finish()
        let passed = report.hasPassed
        if passed, !keep, directory == nil {
            stage.removeFiles()
        } else {
            Console.complain("files kept in \(stage.layout.root)")
        }
        guard passed else { throw ExitCode(1) }
    }
}
