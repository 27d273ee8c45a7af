import ArgumentParser
import ClientAPI

/// `claviger encrypt`
struct EncryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt", abstract: "Encrypts standard input to standard output, raw bytes both.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "name"))
    var name: String

    @Option(
        name: .customLong("context"),
        help: ArgumentHelp("What decrypting must bring again, repeated for more.", valueName: "k=v"))
    var context: [NamedValue] = []

    func run() async throws {
        let context = try NamedValue.dictionary(context)
        let plaintext = try StandardInput.read()
        let answer = try await federation.use(options) {
            try await $0.encrypt(key: name, plaintext: plaintext, context: context)
        }
        Console.emit(Array(answer.ciphertext))
    }
}
