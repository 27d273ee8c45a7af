import ArgumentParser
import Chaos

/// Plays scenarios and reports.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Play scenarios on real processes and report RTO, RPO and what the checks found.",
        discussion: """
            Everything runs in namespaces of its own, as root; without root on this machine's loopback, and scenarios \
            that need a network of their own are skipped. Nothing outlives this command, however it ends. Writes \
            report.json and report.html into --report. Exits with 1 when a scenario failed or something was left behind.
            """)

    @OptionGroup var scenarios: ScenarioOptions

    @Option(help: "How often each scenario is played.")
    var runs = 1

    @Option(help: "The seed of the first run; each further one has the next number.")
    var seed: UInt64 = 1

    @Option(help: "The folder for report.json and report.html.")
    var report: String?

    @Option(help: "What this program was built from; stands in the report.")
    var commit: String?

    @Flag(help: "Leave the folders with disks and logs of each run in place.")
    var keep = false

    @Flag(help: "Print the scenarios' steps.")
    var verbose = false

    func validate() throws {
        guard (1...1000).contains(runs) else { throw ValidationError("--runs is from 1 to 1000") }
    }

    func run() async throws {
        let chosen = try scenarios.load()
        if Sandbox.obstacle() == nil, let status = try Sandbox.enter() {
            throw ExitCode(Self.lookBehind() ? status : max(status, 1))
        }
        let settings = ChaosCampaign.Settings(
            runs: runs, seed: seed, reportFolder: report, keeps: keep, version: commit ?? "",
            command: CommandLine.arguments)
        let isVerbose = verbose
        let campaign = ChaosCampaign(chosen, settings: settings) { line in
            if isVerbose || !line.hasPrefix("  ") || line.hasPrefix("  run ") || line.hasPrefix("  skipped")
                || line.hasPrefix("  kept")
            {
                Console.complain(line)
            }
        }
        let report = try await campaign.play()
        for line in TextSummary(report).lines { Console.say(line) }
        if !Sandbox.isInside { _ = Self.lookBehind() }
        if !report.passed { throw ExitCode(1) }
    }

    /// Removes what a run that was ended by force left, and says whether everything is as it was before.
    private static func lookBehind() -> Bool {
        for path in RunFolder.sweep() { Console.complain("removed what an interrupted run left: \(path)") }
        let left = Remains.found()
        for line in left { Console.complain("left behind: \(line)") }
        if left.isEmpty { Console.say("clean-up complete: no process, mount or folder is left") }
        return left.isEmpty
    }
}
