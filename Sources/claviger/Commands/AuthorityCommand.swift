import ArgumentParser

/// `claviger ca`
struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "Makes a certificate authority and issues identities.",
        subcommands: [AuthorityInitCommand.self, AuthorityIssueCommand.self])
}
