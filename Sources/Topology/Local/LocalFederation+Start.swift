import Glibc

extension LocalFederation {
    /// A node that was asked to run, its pid, and its process if we started it just now.
    private struct Starting {
        let node: FederationTopology.Node
        let pid: Int32
        var process: DetachedProcess?
    }

    /// Starts nodes and waits until each is ready. Nodes that already run are left alone, and only waited for.
    ///
    /// Throws when a node ends or is not ready in time, with the last lines of its log. The others run on.
    ///
    /// - Parameters:
    ///   - isReady: asked about every 50 ms; `/readyz` of the node unless a test says otherwise.
    ///   - progress: told one line per step.
    package func start(
        _ nodes: [FederationTopology.Node], daemon: String, timeout: Duration = .seconds(60),
        isReady: (FederationTopology.Node) -> Bool = Self.isReady, progress: (String) -> Void = { _ in }
    ) throws(TopologyError) {
        guard access(daemon, X_OK) == 0 else {
            throw TopologyError(daemon, "there is no such program; build it or name it with --daemon")
        }
        var waiting: [Starting] = []
        for node in nodes {
            if let pid = process(of: node).pid() {
                progress("\(node.name): runs already, pid \(pid)")
                waiting.append(Starting(node: node, pid: pid))
            } else {
                let process = try launch(node, daemon: LocalLayout.absolute(daemon))
                progress("\(node.name): started, pid \(process.pid)")
                waiting.append(Starting(node: node, pid: process.pid, process: process))
            }
        }
        _ = try Patience.wait(for: timeout) { () throws(TopologyError) in
            var rest: [Starting] = []
            for starting in waiting {
                // Before asking: if the node has ended, another process may be what answers at its port.
                try checkAlive(starting)
                if isReady(starting.node) {
                    progress("\(starting.node.name): ready")
                } else {
                    rest.append(starting)
                }
            }
            waiting = rest
            return waiting.isEmpty
        }
        guard let late = waiting.first else { return }
        let names = waiting.map(\.node.name).joined(separator: ", ")
        throw failure(of: late.node, "not ready after \(DurationText.describe(timeout)): \(names)")
    }

    /// Starts one node that does not run, in the caller's network, and does not wait for it.
    ///
    /// - Parameters:
    ///   - daemon: the program's absolute path.
    ///   - environment: added to our own.
    package func launch(
        _ node: FederationTopology.Node, daemon: String, environment: [String: String] = [:]
    ) throws(TopologyError) -> DetachedProcess {
        let host = LoopbackProbe.loopbackAddress(of: node.host) ?? node.host
        for (use, port) in [("peers", node.peerPort), ("callers", node.apiPort), ("metrics", node.metricsPort)]
        where !LoopbackProbe.isFree(host: host, port: port) {
            throw TopologyError(
                "node \(node.name)", "port \(port) of \(host), meant for \(use), is in use by another program")
        }
        let files = layout.node(node.name)
        let started = try DetachedProcess.spawn(
            daemon, arguments: files.daemonArguments(topologyPath: topologyPath), environment: environment,
            log: files.logPath)
        try process(of: node).keep(started.pid)
        return started
    }

    private func checkAlive(_ starting: Starting) throws(TopologyError) {
        guard process(of: starting.node).pid() != starting.pid else { return }
        // Asked for afterwards: a process of ours that is found no more has a status by then.
        let problem = starting.process?.status.map(Self.ending) ?? "ended before it was ready"
        throw failure(of: starting.node, problem)
    }

    /// What wait(2) says about an ended process.
    static func ending(_ status: Int32) -> String {
        let signal = status & 0x7f
        return signal == 0
            ? "ended with status \((status >> 8) & 0xff) before it was ready"
            : "was ended by signal \(signal) before it was ready"
    }

    private func failure(of node: FederationTopology.Node, _ problem: String) -> TopologyError {
        let path = layout.node(node.name).logPath
        let lines = TextFile.lastLines(10, of: path)
        let log =
            lines.isEmpty
            ? "its log \(path) is empty" : "the end of \(path):\n" + lines.map { "  \($0)" }.joined(separator: "\n")
        return TopologyError("node \(node.name)", "\(problem); \(log)")
    }
}
