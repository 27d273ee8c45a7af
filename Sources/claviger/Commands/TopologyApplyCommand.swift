import ArgumentParser
import ClientAPI

/// `claviger topology apply`
struct TopologyApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Shows what a topology file changes and changes it. Repeating it is safe.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The topology.", valueName: "file"))
    var file: String

    func run() async throws {
        let text = try TopologyText.read(file)
        let output = Output(options.output)
        try await federation.use(options) { client in
            let diff = try await client.applyTopology(text, dryRun: true).diff
            // Shown before anything happens, so that a person knows what was under way if the change fails.
            if options.output == .table { Console.say(TopologyText.describe(diff, file: file)) }
            _ = try await client.applyTopology(text, dryRun: false)
            let change = TopologyChange(file: file, diff: diff, applied: true)
            if options.output == .json || !diff.isEmpty { try output.item(change, text: "applied") }
        }
    }
}
