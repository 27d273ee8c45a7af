import Glibc

/// A Kubernetes plugin beside a local federation: its configuration, its socket and its process.
package final class LocalPlugin: Sendable {
    package let placement: String
    package let files: Files
    private let process: DetachedProcess

    /// Where a plugin's files are.
    package struct Files: Sendable, Hashable {
        package let configurationPath: String
        package let socketPath: String
        package let logPath: String

        /// `name` tells several plugins of one placement apart.
        package init(_ layout: LocalLayout, placement: String, name: String = "") {
            let stem = "\(layout.root)/kms-\(placement)" + (name.isEmpty ? "" : "-\(name)")
            configurationPath = "\(stem).yaml"
            socketPath = "\(stem).sock"
            logPath = "\(stem).log"
        }
    }

    /// Writes the configuration and starts a plugin with it, under the placement's identity `kms-PLACEMENT`.
    ///
    /// - Parameters:
    ///   - endpoints: API endpoints of nodes, `host:port`.
    ///   - regions: the nearest first.
    ///   - name: tells several plugins of one placement apart; they share its identity.
    package init(
        _ placement: String, key: String, endpoints: [String], regions: [String], program: String,
        layout: LocalLayout, name: String = ""
    ) throws(TopologyError) {
        self.placement = placement
        files = Files(layout, placement: placement, name: name)
        let text = """
            socket: \(files.socketPath)
            key: \(key)
            endpoints: [\(endpoints.map { "\"\($0)\"" }.joined(separator: ", "))]
            regions: [\(regions.joined(separator: ", "))]
            identity: \(layout.identity(named: "kms-\(placement)").path)

            """
        try PrivateFile.write(text, to: files.configurationPath, replacing: true)
        process = try DetachedProcess.spawn(
            program, arguments: ["--config", files.configurationPath], log: files.logPath)
    }

    /// Nil once the plugin has ended.
    package var pid: Int32? { process.status == nil ? process.pid : nil }

    /// Blocks until the plugin takes connections. Throws with the end of the log if it does not in time.
    package func waitUntilServing(for patience: Duration = .seconds(20)) throws(TopologyError) {
        let isServed = Patience.wait(for: patience) {
            LoopbackProbe.isServed(socketPath: files.socketPath) || process.status != nil
        }
        guard isServed, process.status == nil else {
            let end = TextFile.lastLines(5, of: files.logPath).joined(separator: "\n")
            throw TopologyError("the plugin of '\(placement)'", "does not serve; its log ends with:\n\(end)")
        }
    }

    /// Asks the plugin to end, and kills it if it has not after five seconds.
    package func stop() { process.stop() }
}
