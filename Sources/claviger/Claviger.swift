import ArgumentParser

/// The operator's command line. Each subcommand stands in its own file in Commands.
@main
struct Claviger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claviger",
        abstract: "Runs and administers a federation of key management nodes.",
        discussion: "Exit codes: 0 done, 1 refused or failed, 2 usage.",
        subcommands: [
            AuthorityCommand.self, LocalCommand.self, TopologyCommand.self, ClusterCommand.self, PlacementCommand.self,
            KeyCommand.self, EncryptCommand.self, DecryptCommand.self, PolicyCommand.self, NodeCommand.self,
            LeadershipCommand.self, DrillCommand.self, DemoCommand.self,
        ])

    @OptionGroup var options: GlobalOptions

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            Ending.exit(for: error)
        }
    }
}
