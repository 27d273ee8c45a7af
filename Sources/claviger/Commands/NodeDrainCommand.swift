import ArgumentParser
import ClientAPI

/// `claviger node drain`
struct NodeDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Moves leadership away from a node and makes it refuse new work.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "name"))
    var name: String

    func run() async throws {
        let result = ChangeResult(try await federation.use(options) { try await $0.drainNode(name) })
        try Output(options.output).item(result, text: result.text)
    }
}
