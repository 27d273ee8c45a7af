import Glibc
import Synchronization
import Topology

/// The two KMS v2 plugins: one for a cluster in the EU, one for a cluster in the US.
final class DemoPlugins: Sendable {
    private struct Running {
        let pid: Int32
        var isOver = false
    }

    private let stage: DemoStage
    private let running = Mutex<[Running]>([])
    private let open = Mutex<[KMSSocket]>([])

    init(stage: DemoStage) { self.stage = stage }

    var sockets: [KMSSocket] { open.withLock { $0 } }

    /// Where a plugin's log is.
    func logPath(_ placement: String) -> String { "\(stage.layout.root)/kms-\(placement).log" }

    func configurationPath(_ placement: String) -> String { "\(stage.layout.root)/kms-\(placement).yaml" }

    /// Writes a configuration and starts a plugin with it.
    func start(_ placement: String, key: String, regions: [String]) throws {
        let root = stage.layout.root
        let nodes = stage.nodes(in: placement.uppercased())
        let text = """
            socket: \(root)/kms-\(placement).sock
            key: \(key)
            endpoints: [\(nodes.map { "\"\($0.apiEndpoint)\"" }.joined(separator: ", "))]
            regions: [\(regions.joined(separator: ", "))]
            identity: \(stage.layout.identity(named: "kms-\(placement)").path)

            """
        try PrivateFile.write(text, to: configurationPath(placement))
        let pid = try DetachedProcess.spawn(
            stage.programs.plugin, arguments: ["--config", configurationPath(placement)], log: logPath(placement))
        running.withLock { $0.append(Running(pid: pid)) }
    }

    /// Waits until the plugin serves, and connects to it.
    func connect(_ placement: String, patience: Duration = .seconds(20)) async throws -> KMSSocket {
        let path = "\(stage.layout.root)/kms-\(placement).sock"
        let deadline = ContinuousClock.now + patience
        while !TextFile.exists(path) {
            guard ContinuousClock.now < deadline else {
                let end = TextFile.lastLines(5, of: logPath(placement)).joined(separator: "\n")
                throw CommandFailure("the plugin of '\(placement)' does not serve; its log ends with:\n\(end)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let socket = try KMSSocket(placement: placement, path: path)
        open.withLock { $0.append(socket) }
        return socket
    }

    func closeSockets() async { for socket in sockets { await socket.close() } }

    /// Asks the plugins to end, and kills those that do not within five seconds.
    func stop() {
        signalAll(SIGTERM)
        for _ in 0..<100 where !areStopped { usleep(50_000) }
        signalAll(SIGKILL)
        for _ in 0..<40 where !areStopped { usleep(50_000) }
    }

    /// Whether every plugin that was started has ended. They are our children, so their end cannot be missed.
    var areStopped: Bool {
        running.withLock { running in
            for index in running.indices where !running[index].isOver {
                var status: Int32 = 0
                running[index].isOver = waitpid(running[index].pid, &status, WNOHANG) != 0
            }
            return running.allSatisfy(\.isOver)
        }
    }

    private func signalAll(_ signal: Int32) {
        guard !areStopped else { return }
        running.withLock { running in for process in running where !process.isOver { kill(process.pid, signal) } }
    }
}
