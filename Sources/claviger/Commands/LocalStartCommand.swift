import ArgumentParser
import Topology

/// `claviger local start`
struct LocalStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Starts nodes that were killed or stopped, and waits until they are ready.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var local: LocalOptions
    @OptionGroup var daemon: DaemonOptions

    @Argument(help: ArgumentHelp("The nodes.", valueName: "node"))
    var names: [String]

    func run() throws {
        let federation = try local.federation()
        try LocalStart(federation: federation, daemon: daemon).run(names)
        try Output(options.output).list(federation.status().filter { names.contains($0.node) }, LocalTable.columns)
    }
}
