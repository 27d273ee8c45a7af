import ArgumentParser

/// `claviger policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Stores and explains who may do what with which keys.",
        subcommands: [PolicyPutCommand.self, PolicyGetCommand.self, PolicyExplainCommand.self])
}
