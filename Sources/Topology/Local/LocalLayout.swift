import Glibc

/// Where a local federation keeps what: all paths under one directory, absolute so that they name a process for good.
package struct LocalLayout: Sendable, Hashable {
    /// Absolute, without a slash at the end.
    package let root: String

    /// Takes a path relative to the current directory, too. Symbolic links are followed if the directory is there.
    package init(_ path: String) throws(TopologyError) {
        guard !path.isEmpty else { throw TopologyError("--dir", "is empty") }
        root = Self.absolute(path)
    }

    package var authorityPath: String { "\(root)/ca" }
    package var identitiesPath: String { "\(root)/identities" }
    package var nodesPath: String { "\(root)/nodes" }
    /// Held while a command changes the federation.
    package var lockPath: String { "\(root)/lock" }
    /// Remembers the topology file that the federation was made from.
    package var topologyRecordPath: String { "\(root)/topology" }

    /// The identity of a person or a workload, by its short name: `admin`, `kms-eu`.
    package func identity(named name: String) -> IdentityDirectory { IdentityDirectory("\(identitiesPath)/\(name)") }

    package func node(_ name: String) -> LocalNodeFiles { LocalNodeFiles(name: name, path: "\(nodesPath)/\(name)") }

    /// The nodes that have a directory, sorted.
    package func nodeNames() -> [String] {
        guard let directory = opendir(nodesPath) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if NameRule.isName(name) { names.append(name) }
        }
        return names.sorted()
    }

    /// The topology file that the federation was made from, if it was made.
    package func recordedTopologyPath() -> String? {
        guard let text = try? TextFile.read(topologyRecordPath, limit: 8192) else { return nil }
        return text.split(separator: "\n").first.map(String.init)
    }

    /// The path from the root of the file system.
    package static func absolute(_ path: String) -> String {
        if let resolved = realpath(path, nil) {
            defer { free(resolved) }
            return String(cString: resolved)
        }
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        while path.hasPrefix("./") { path.removeFirst(2) }
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return "\(String(cString: current))/\(path)"
    }
}

/// The files of one node of a local federation.
package struct LocalNodeFiles: Sendable, Hashable {
    package let name: String
    package let path: String

    package var dataPath: String { "\(path)/data" }
    package var identity: IdentityDirectory { IdentityDirectory("\(path)/identity") }
    package var passphrasePath: String { "\(path)/seal.passphrase" }
    package var logPath: String { "\(path)/log" }
    package var pidPath: String { "\(path)/pid" }

    /// The command line that starts the node, without the program.
    package func daemonArguments(topologyPath: String) -> [String] {
        [
            "--topology", topologyPath, "--node", name, "--data", dataPath, "--identity", identity.path,
            "--seal-passphrase-file", passphrasePath, "--profile", "development",
        ]
    }
}
