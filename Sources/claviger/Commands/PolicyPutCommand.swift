import ArgumentParser
import ClientAPI
import Topology

/// `claviger policy put`
struct PolicyPutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Stores a policy document, YAML or JSON, in a placement.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("The placement.", valueName: "placement"))
    var placement: String

    @Argument(help: ArgumentHelp("The policy.", valueName: "name"))
    var name: String

    @Argument(help: ArgumentHelp("The document.", valueName: "file"))
    var file: String

    @Option(help: "Refuses if the policy has changed since this generation.")
    var generation: UInt64 = 0

    /// The largest document that is sent, in bytes.
    private static let limit = 256 * 1024

    func run() async throws {
        let document = try TextFile.read(file, limit: Self.limit)
        let answer = try await federation.use(options) {
            try await $0.putPolicy(
                placement: placement, name: name, document: document, expectedGeneration: generation)
        }
        let row = PolicyRow(answer.policy)
        try Output(options.output).item(row, text: "\(row.placement) \(row.name): generation \(row.generation)")
    }
}
