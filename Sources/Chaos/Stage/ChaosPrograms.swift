import Glibc

/// Where the programs are that a scenario starts.
package struct ChaosPrograms: Sendable {
    package let daemon: String
    package let plugin: String
    package let etcd: String

    /// Paths of the node, of the Kubernetes plugin and of etcd's server.
    package init(daemon: String, plugin: String, etcd: String) {
        self.daemon = daemon
        self.plugin = plugin
        self.etcd = etcd
    }

    /// Ours are in the directory of `executable`, this program itself unless another is named; etcd is searched for in
    /// PATH.
    package static func beside(_ executable: String = "/proc/self/exe") throws(ChaosError) -> ChaosPrograms {
        guard let resolved = realpath(executable, nil) else {
            throw ChaosError(executable, "the path of this program is not known")
        }
        defer { free(resolved) }
        let own = String(cString: resolved)
        let directory = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
        return ChaosPrograms(
            daemon: "\(directory)/clavigerd", plugin: "\(directory)/claviger-kms-plugin", etcd: inPath("etcd"))
    }

    /// Throws for the first program that the scenario needs and that is not there.
    package func check(for scenario: Scenario) throws(ChaosError) {
        if scenario.subject == .etcd {
            return try Self.check(etcd, "install it with apt-get install etcd-server")
        }
        try Self.check(daemon, "build it")
        let usesPlugin =
            scenario.loads.contains { $0.kind == .kubernetes }
            || scenario.schedule.contains { if case .storm = $0.fault { true } else { false } }
        if usesPlugin { try Self.check(plugin, "build it") }
    }

    private static func check(_ path: String, _ remedy: String) throws(ChaosError) {
        guard access(path, X_OK) == 0 else { throw ChaosError(path, "there is no such program; \(remedy)") }
    }

    private static func inPath(_ name: String) -> String {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let candidates: [String] = path.split(separator: ":").map { "\($0)/\(name)" }
        return candidates.first { access($0, X_OK) == 0 } ?? "/usr/bin/\(name)"
    }
}
