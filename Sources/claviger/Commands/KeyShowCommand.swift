import ArgumentParser
import ClientAPI

/// `claviger key show`
struct KeyShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows a key as a quorum confirms it.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "name"))
    var name: String

    func run() async throws {
        let key = try await federation.use(options) { try await $0.describeKey(name, confirmed: true) }
        let row = KeyRow(key)
        try Output(options.output).item(row, text: row.details)
    }
}
