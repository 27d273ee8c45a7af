import ArgumentParser

/// `claviger topology`
struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Compares the federation with a topology file, or changes it to that.",
        subcommands: [TopologyPlanCommand.self, TopologyApplyCommand.self])
}
