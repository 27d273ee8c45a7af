import ArgumentParser
import ClientAPI

/// `claviger policy explain`
struct PolicyExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says whether somebody may do something with a key, and why.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var federation: FederationOptions

    @Argument(help: ArgumentHelp("placement/tenant/key", valueName: "key"))
    var key: String

    @Option(help: ArgumentHelp("Who: a SPIFFE ID.", valueName: "uri"))
    var principal: String

    @Option(help: "What: encrypt, decrypt, rotateKey, …")
    var action: String

    @Option(
        name: .customLong("context"),
        help: ArgumentHelp("What the call brings, repeated for more.", valueName: "k=v"))
    var context: [NamedValue] = []

    private struct Result: Encodable {
        let key: String
        let principal: String
        let action: String
        let allowed: Bool
        let reasons: [String]
    }

    func run() async throws {
        let context = try NamedValue.dictionary(context)
        let answer = try await federation.use(options) {
            try await $0.explainPolicy(key: key, identity: principal, action: action, context: context)
        }
        let reasons = answer.reasons.map { "  \($0)" }
        try Output(options.output).item(
            Result(
                key: key, principal: principal, action: action, allowed: answer.allowed, reasons: answer.reasons),
            text: ([answer.allowed ? "allowed" : "denied"] + reasons).joined(separator: "\n"))
    }
}
