import Glibc
import Topology

/// The programs that the demo starts.
struct DemoPrograms: Sendable {
    let node: String
    let plugin: String

    /// In the given directory, or beside this program.
    init(beside directory: String?) throws {
        guard let own = realpath("/proc/self/exe", nil) else {
            throw CommandFailure("this program's own path is not known; use --programs")
        }
        defer { free(own) }
        let path = String(cString: own)
        let beside = directory ?? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        node = "\(beside)/clavigerd"
        plugin = "\(beside)/claviger-kms-plugin"
        for program in [node, plugin] where access(program, X_OK) != 0 {
            throw CommandFailure("\(program): there is no such program; build it or name its directory with --programs")
        }
    }
}

/// Where the demo plays: its directory, its federation and the names that are looked for afterwards.
struct DemoStage: Sendable {
    let programs: DemoPrograms
    let layout: LocalLayout
    let federation: LocalFederation
    /// A tenant of the placement `eu` whose name is nowhere else, so that it can be searched for.
    let euTenant: String
    let usTenant: String

    var euKey: String { "eu/\(euTenant)/k8s" }
    var usKey: String { "us/\(usTenant)/k8s" }

    static func make(directory: String?, programs: DemoPrograms) throws -> DemoStage {
        let root = try directory ?? temporaryDirectory()
        try PrivateFile.makeDirectory(root)
        let layout = try LocalLayout(root)
        let path = "\(layout.root)/topology.yaml"
        guard layout.nodeNames().isEmpty, !TextFile.exists(path) else {
            throw CommandFailure("\(root): the directory is not empty; the demo needs its own")
        }
        guard "\(layout.root)/kms-eu.sock".utf8.count <= 107 else {
            throw CommandFailure("\(root): the path is too long for a socket in it; take a shorter one")
        }
        try PrivateFile.write(DemoTopology.text(offset: try DemoTopology.freeOffset()), to: path)
        let mark = HexText.encode((0..<6).map { _ in UInt8.random(in: .min ... .max) })
        return DemoStage(
            programs: programs, layout: layout, federation: try LocalFederation(topologyPath: path, layout: layout),
            euTenant: "canary-eu-\(mark)", usTenant: "canary-us-\(mark)")
    }

    private static func temporaryDirectory() throws -> String {
        var template = Array("/tmp/claviger-demo.XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw CommandFailure("/tmp: no directory can be made there") }
        return String(cString: path)
    }

    /// The nodes whose regions are of one jurisdiction.
    func nodes(in jurisdiction: String) -> [FederationTopology.Node] {
        federation.topology.nodes.filter { node in
            federation.topology.region(named: node.region)?.liesWithin([jurisdiction]) == true
        }
    }

    /// Removes the demo's own directory.
    func removeFiles() {
        _ = try? DetachedProcess.spawn("/bin/rm", arguments: ["-rf", layout.root], log: "/dev/null").wait()
    }
}
