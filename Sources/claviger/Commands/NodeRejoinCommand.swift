import ArgumentParser
import ClientAPI

/// `claviger node rejoin`
struct NodeRejoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rejoin", abstract: "Takes a node back that lost its disk: as a new replica under its old name.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The node.", valueName: "name"))
    var name: String

    func run() async throws {
        let result = ChangeResult(
            try await federation.use(options) { client in
                try await NodeName.check(name, client)
                return try await client.rejoinNode(name)
            })
        try Output(options.output).item(result, text: result.text)
    }
}
