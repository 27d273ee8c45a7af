import ArgumentParser

/// `claviger leadership`
struct LeadershipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leadership", abstract: "Moves the leadership of groups.",
        subcommands: [LeadershipTransferCommand.self])
}
