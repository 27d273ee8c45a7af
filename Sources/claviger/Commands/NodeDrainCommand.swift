import ArgumentParser
import ClientAPI

/// `claviger node drain`
struct NodeDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Hands the leaderships of a node over and ends its process in order.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "name"))
    var name: String

    func run() async throws {
        let result = ChangeResult(
            try await federation.use(options) { client in
                try await NodeName.check(name, client)
                return try await client.drainNode(name)
            })
        try Output(options.output).item(result, text: result.text)
    }
}
