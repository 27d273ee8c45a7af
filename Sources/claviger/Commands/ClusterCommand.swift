import ArgumentParser

/// `claviger cluster`
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster", abstract: "Looks at the federation as a whole.",
        subcommands: [ClusterStatusCommand.self])
}
