import ArgumentParser
import Topology

/// `claviger local kill`
struct LocalKillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Ends nodes as a crash would (SIGKILL), for drills.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var local: LocalOptions

    @Argument(help: ArgumentHelp("The nodes.", valueName: "node"))
    var names: [String]

    func run() throws {
        let federation = try local.federation()
        for node in try federation.nodes(named: names) {
            guard federation.process(of: node).crash() else { throw CommandFailure("node \(node.name) does not run") }
        }
        try Output(options.output).list(federation.status().filter { names.contains($0.node) }, LocalTable.columns)
    }
}
