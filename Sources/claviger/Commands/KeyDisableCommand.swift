import ArgumentParser
import ClientAPI

/// `claviger key disable`
struct KeyDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "disable", abstract: "Stops all use of a key.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "name"))
    var name: String

    @Option(help: "Refuses if the key has changed since this generation.")
    var generation: UInt64 = 0

    func run() async throws {
        let key = try await federation.use(options) {
            try await $0.disableKey(name, expectedGeneration: generation).key
        }
        let row = KeyRow(key)
        try Output(options.output).item(row, text: row.details)
    }
}
