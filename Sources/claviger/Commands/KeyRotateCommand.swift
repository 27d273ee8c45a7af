import ArgumentParser
import ClientAPI

/// `claviger key rotate`
struct KeyRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Makes a new version that new data is encrypted with.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "name"))
    var name: String

    @Option(help: "Refuses if the key has changed since this generation.")
    var generation: UInt64 = 0

    func run() async throws {
        let key = try await federation.use(options) { try await $0.rotateKey(name, expectedGeneration: generation).key }
        let row = KeyRow(key)
        try Output(options.output).item(row, text: row.details)
        if let newest = row.versions.last, newest.state == "pending" {
            Console.complain(
                "version \(newest.version) is pending, because a holder does not answer: it comes into use by itself "
                    + "when every holder has it or can serve no more without it")
        }
    }
}
