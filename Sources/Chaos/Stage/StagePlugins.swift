import Synchronization
import Topology

/// The Kubernetes plugins of a run: one for each region and placement, beside that region's clients.
final class StagePlugins: Sendable {
    private struct Place: Hashable {
        let region: String
        let placement: String
    }

    private let federation: LocalFederation
    private let network: StageNetwork
    private let program: String
    private let running = Mutex<[Place: LocalPlugin]>([:])

    init(_ federation: LocalFederation, on network: StageNetwork, program: String) {
        self.federation = federation
        self.network = network
        self.program = program
    }

    /// Starts a plugin unless it runs, and returns when it takes calls.
    func start(in region: String, placement: String, key: String) async throws {
        let place = Place(region: region, placement: placement)
        guard running.withLock({ $0[place] == nil }) else { return }
        let holders = federation.topology.placement(named: placement).map(federation.topology.replicas) ?? []
        guard !holders.isEmpty else { throw ChaosError(placement, "there is no such placement") }
        var regions = [region]
        for holder in holders where !regions.contains(holder.region) { regions.append(holder.region) }
        let files = LocalPlugin.Files(federation.layout, placement: placement, name: region)
        guard files.socketPath.utf8.count <= Self.longestSocketPath else {
            throw ChaosError(files.socketPath, "the path is too long for a socket; take a shorter folder")
        }
        let (federation, network, program, order) = (federation, network, program, regions)
        let plugin = try await BlockingCall.run {
            try network.run(at: .clients(region)) {
                try LocalPlugin(
                    placement, key: key, endpoints: holders.map(\.apiEndpoint), regions: order, program: program,
                    layout: federation.layout, name: region)
            }
        }
        running.withLock { $0[place] = plugin }
        try await BlockingCall.run { try plugin.waitUntilServing() }
    }

    /// The path of a plugin's socket.
    func socket(in region: String, placement: String) throws(ChaosError) -> String {
        let plugin = running.withLock { $0[Place(region: region, placement: placement)] }
        guard let plugin else {
            throw ChaosError("the plugin of '\(placement)' in \(region)", "was not started: no load there uses it")
        }
        return plugin.files.socketPath
    }

    /// Ends them, and kills those that do not within five seconds. Blocks.
    func stop() {
        let plugins = running.withLock { running in
            let taken = Array(running.values)
            running = [:]
            return taken
        }
        for plugin in plugins { plugin.stop() }
    }

    /// What the address of a unix socket holds, without the zero byte at its end.
    private static let longestSocketPath = 107
}
