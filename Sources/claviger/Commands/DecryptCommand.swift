import ArgumentParser
import ClientAPI

/// `claviger decrypt`
struct DecryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt", abstract: "Decrypts standard input to standard output, raw bytes both.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Option(
        name: .customLong("context"),
        help: ArgumentHelp("What encrypting was given, repeated for more.", valueName: "k=v"))
    var context: [NamedValue] = []

    func run() async throws {
        let context = try NamedValue.dictionary(context)
        let ciphertext = try StandardInput.read()
        let answer = try await federation.use(options) {
            try await $0.decrypt(ciphertext: ciphertext, context: context)
        }
        Console.emit(Array(answer.plaintext))
    }
}
