import KubernetesDoor
import NIOPosix
import Synchronization
import Topology

/// The two KMS v2 plugins: one for a cluster in the EU, one for a cluster in the US.
final class DemoPlugins: Sendable {
    private let stage: DemoStage
    private let running = Mutex<[LocalPlugin]>([])
    private let open = Mutex<[KMSSocket]>([])

    init(stage: DemoStage) { self.stage = stage }

    var sockets: [KMSSocket] { open.withLock { $0 } }

    /// Writes a configuration and starts a plugin with it.
    func start(_ placement: String, key: String, regions: [String]) throws {
        let plugin = try LocalPlugin(
            placement, key: key, endpoints: stage.nodes(in: placement.uppercased()).map(\.apiEndpoint),
            regions: regions, program: stage.programs.plugin, layout: stage.layout)
        running.withLock { $0.append(plugin) }
    }

    /// Waits until the plugin serves, and connects to it.
    func connect(_ placement: String) async throws -> KMSSocket {
        guard let plugin = running.withLock({ $0.first { $0.placement == placement } }) else {
            throw CommandFailure("no plugin of '\(placement)' was started")
        }
        try await NIOThreadPool.singleton.runIfActive { try plugin.waitUntilServing() }
        let socket = try KMSSocket(placement: placement, path: plugin.files.socketPath)
        open.withLock { $0.append(socket) }
        return socket
    }

    func closeSockets() async { for socket in sockets { await socket.close() } }

    /// Asks the plugins to end, and kills those that do not within five seconds.
    func stop() { for plugin in running.withLock({ $0 }) { plugin.stop() } }

    /// Whether every plugin that was started has ended.
    var areStopped: Bool { running.withLock { $0.allSatisfy { $0.pid == nil } } }
}
