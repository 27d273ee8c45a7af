import ArgumentParser
import ClientAPI

/// `claviger topology plan`
struct TopologyPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows what a topology file would change. Changes nothing.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The topology.", valueName: "file"))
    var file: String

    func run() async throws {
        let text = try TopologyText.read(file)
        let diff = try await federation.use(options) { try await $0.applyTopology(text, dryRun: true).diff }
        try Output(options.output).item(
            TopologyChange(file: file, diff: diff, applied: false), text: TopologyText.describe(diff, file: file))
    }
}
