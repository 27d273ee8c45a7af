import ArgumentParser
import ClientAPI

/// `claviger key tag`
struct KeyTagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tag", abstract: "Replaces all tags of a key.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "name"))
    var name: String

    @Argument(help: ArgumentHelp("The tags.", valueName: "k=v"))
    var tags: [NamedValue]

    @Option(help: "Refuses if the key has changed since this generation.")
    var generation: UInt64 = 0

    func run() async throws {
        let tags = try NamedValue.dictionary(tags)
        let key = try await federation.use(options) {
            try await $0.setKeyTags(name, tags: tags, expectedGeneration: generation).key
        }
        let row = KeyRow(key)
        try Output(options.output).item(row, text: row.details)
    }
}
