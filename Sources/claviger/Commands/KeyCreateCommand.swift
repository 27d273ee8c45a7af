import ArgumentParser
import ClientAPI

/// `claviger key create`
struct KeyCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Makes a key.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "name"))
    var name: String

    @Option(help: "What the key is for; the federation's default if absent.")
    var algorithm: String?

    @Option(name: .customLong("tag"), help: ArgumentHelp("A tag, repeated for more.", valueName: "k=v"))
    var tags: [NamedValue] = []

    func run() async throws {
        let tags = try NamedValue.dictionary(tags)
        let answer = try await federation.use(options) {
            try await $0.createKey(name, algorithm: algorithm ?? "", tags: tags)
        }
        let row = KeyRow(answer.key)
        try Output(options.output).item(row, text: row.details)
    }
}
