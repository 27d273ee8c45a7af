import ArgumentParser
import Topology

/// `claviger local`
struct LocalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local",
        abstract: "Runs a whole federation on this machine, with its own certificate authority.",
        subcommands: [
            LocalUpCommand.self, LocalDownCommand.self, LocalStatusCommand.self, LocalStartCommand.self,
            LocalKillCommand.self,
        ])
}

/// Which local federation a command is about.
struct LocalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The topology; the one last used in the directory, or topology/local.yaml.", valueName: "file"))
    var topology: String?

    @Option(name: .customLong("dir"), help: "Where the federation keeps its files.")
    var directory = ".local"

    func layout() throws -> LocalLayout { try LocalLayout(directory) }

    func federation() throws -> LocalFederation {
        let layout = try layout()
        return try LocalFederation(
            topologyPath: topology ?? layout.recordedTopologyPath() ?? "topology/local.yaml", layout: layout)
    }
}

/// How a local federation is shown.
enum LocalTable {
    static let columns: [Column<LocalNodeStatus>] = [
        Column("node") { $0.node }, Column("region") { $0.region }, Column("cloud") { $0.cloud },
        Column("jurisdictions") { $0.jurisdictions.joined(separator: ",") },
        Column("pid") { $0.pid.map(String.init) ?? "-" }, Column("state") { $0.state.rawValue },
        Column("peer") { "\($0.peerPort)" }, Column("api") { "\($0.apiPort)" },
        Column("metrics") { "\($0.metricsPort)" },
    ]
}
