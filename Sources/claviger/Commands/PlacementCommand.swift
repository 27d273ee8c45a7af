import ArgumentParser

/// `claviger placement`
struct PlacementCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "placement", abstract: "Shows where keys may be, and proves where they are.",
        subcommands: [PlacementListCommand.self, PlacementShowCommand.self, PlacementVerifyCommand.self])
}
