import ArgumentParser
import Glibc
import Topology

/// `claviger local up`
struct LocalUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Makes what is missing, starts the nodes, applies the topology and waits until keys can be used.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var local: LocalOptions
    @OptionGroup var daemon: DaemonOptions

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Starts these nodes only.", valueName: "node"))
    var only: [String] = []

    @Flag(inversion: .prefixedNo, help: "Whether the topology is applied. Never with --only.")
    var apply = true

    func run() async throws {
        let federation = try local.federation()
        try LocalStart(federation: federation, daemon: daemon).run(only)
        if apply, only.isEmpty { try await LocalApply(federation: federation).run() }
        try Output(options.output).list(federation.status(), LocalTable.columns)
    }
}

/// How nodes are started.
struct DaemonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The node program; clavigerd beside this one if absent.", valueName: "path"))
    var daemon: String?

    @Option(help: "How many seconds nodes have to become ready.")
    var timeout = 60

    /// The named program, or `clavigerd` in the directory of this one.
    func path() throws -> String {
        if let daemon { return daemon }
        guard let own = realpath("/proc/self/exe", nil) else {
            throw CommandFailure("this program's own path is not known; use --daemon")
        }
        defer { free(own) }
        let path = String(cString: own)
        return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/clavigerd"
    }

    func validate() throws {
        guard (1...3600).contains(timeout) else { throw ValidationError("--timeout: \(timeout) is not from 1 to 3600") }
    }
}

/// Prepares a local federation and starts nodes of it, all if none is named.
struct LocalStart {
    let federation: LocalFederation
    let daemon: DaemonOptions

    func run(_ names: [String]) throws {
        let nodes = try federation.nodes(named: names)
        let path = try daemon.path()
        try PrivateFile.makeDirectory(federation.layout.root)
        try FileLock.hold(federation.layout.lockPath) { () throws(TopologyError) in
            try federation.prepare()
            try federation.start(
                nodes, daemon: path, timeout: .seconds(daemon.timeout), progress: Console.progress)
        }
    }
}
