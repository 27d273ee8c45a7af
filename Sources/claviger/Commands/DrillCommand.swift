import ArgumentParser

/// `claviger drill`
struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Plays a failure against a running federation, and measures what callers see.",
        subcommands: [DrillRegionLossCommand.self])
}
