import ArgumentParser
import Topology

/// `claviger local down`
struct LocalDownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stops every node: asks first, kills after 15 seconds. Files and keys stay.")

    @OptionGroup var options: GlobalOptions

    @Option(name: .customLong("dir"), help: "Where the federation keeps its files.")
    var directory = ".local"

    private struct Row: Encodable {
        let node: String
        let ending: LocalProcess.Ending
    }

    func run() throws {
        let layout = try LocalLayout(directory)
        // Taken from the directory, not from a topology: a node that left the topology is stopped, too.
        let names = layout.nodeNames()
        guard !names.isEmpty else { throw CommandFailure("\(directory): there is no local federation") }
        let rows = try FileLock.hold(layout.lockPath) {
            let endings = LocalProcess.stop(names.map { LocalProcess(layout.node($0)) })
            return zip(names, endings).map { Row(node: $0, ending: $1) }
        }
        try Output(options.output).list(rows, [Column("node") { $0.node }, Column("ending") { $0.ending.rawValue }])
    }
}
