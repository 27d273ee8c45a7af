import ArgumentParser
import Glibc

/// Which federation is measured: one at endpoints, one of `claviger local up`, or one of our own.
struct FederationOptions: ParsableArguments {
    @Flag(help: "Starts a federation in a temporary directory; so it is, too, without --dir and --endpoint.")
    var local = false

    @Option(
        help: ArgumentHelp(
            "The topology of a federation that is started here; topology/local.yaml, or the measurement's own.",
            valueName: "file"))
    var topology: String?

    @Option(help: "Added to every port of that topology, so that it stands beside one that runs already.")
    var portOffset = 11_000

    @Option(help: ArgumentHelp("The node program; clavigerd beside this one if absent.", valueName: "path"))
    var daemon: String?

    @Flag(help: "Leaves the temporary directory in place.")
    var keep = false

    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp("A federation of `claviger local up` that runs.", valueName: "dir"))
    var directory: String?

    @Option(help: ArgumentHelp("A node of a federation that runs, repeated for more.", valueName: "host:port"))
    var endpoint: [String] = []

    @Option(help: ArgumentHelp("The directory with ca.pem, cert.pem and key.pem.", valueName: "dir"))
    var identity: String?

    @Option(help: "The trust domain of a federation at --endpoint.")
    var trustDomain = "claviger.local"

    @Option(help: "The placement whose keys are used.")
    var placement = "eu"

    @Option(help: "The program ends itself and all it started after so many seconds.")
    var limit = 900

    @Option(help: "How results are printed: table or json.")
    var output: OutputFormat = .table

    func validate() throws {
        if directory != nil, !endpoint.isEmpty { throw ValidationError("--dir and --endpoint exclude each other") }
        if local, directory != nil || !endpoint.isEmpty {
            throw ValidationError("--local excludes --dir and --endpoint")
        }
        if !endpoint.isEmpty, identity == nil { throw ValidationError("--endpoint needs --identity") }
        guard (0...50_000).contains(portOffset) else {
            throw ValidationError("--port-offset: \(portOffset) is not from 0 to 50000")
        }
        guard (10...86_400).contains(limit) else { throw ValidationError("--limit: \(limit) is not from 10 to 86400") }
    }

    var isOwn: Bool { directory == nil && endpoint.isEmpty }

    /// The named program, or `clavigerd` in the directory of this one.
    func daemonPath() throws -> String {
        if let daemon { return daemon }
        return try Self.neighbour("clavigerd")
    }

    /// A program in the directory of this one.
    static func neighbour(_ name: String) throws -> String {
        guard let own = realpath("/proc/self/exe", nil) else {
            throw BenchFailure("this program's own path is not known; give the path of \(name)")
        }
        defer { free(own) }
        let path = String(cString: own)
        return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/\(name)"
    }
}
