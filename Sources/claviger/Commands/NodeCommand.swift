import ArgumentParser

/// `claviger node`
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Takes nodes out of service and back.",
        subcommands: [NodeDrainCommand.self, NodeRejoinCommand.self])
}
