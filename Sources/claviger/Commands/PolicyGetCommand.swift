import ArgumentParser
import ClientAPI

/// `claviger policy get`
struct PolicyGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Prints a policy document, or lists the policies of a placement.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The placement.", valueName: "placement"))
    var placement: String

    @Argument(help: ArgumentHelp("The policy; all are listed if absent.", valueName: "name"))
    var name: String?

    func run() async throws {
        let output = Output(options.output)
        try await federation.use(options) { client in
            if let name {
                let row = PolicyRow(try await client.getPolicy(placement: placement, name: name))
                try output.item(row, text: row.document)
            } else {
                try output.list(
                    try await client.listPolicies(placement: placement).map(PolicyRow.init), PolicyRow.columns)
            }
        }
    }
}
