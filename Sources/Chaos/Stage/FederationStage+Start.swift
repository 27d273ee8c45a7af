import ClientAPI
import NIOCore
import Synchronization
import Topology

extension FederationStage {
    /// The key that the plugins of a placement use, made at the start.
    package func kubernetesKey(of placement: String) -> String { "\(placement)/\(tenant)/seeds" }

    package func start() async throws {
        let federation = federation
        try await BlockingCall.run { try federation.prepare() }
        try await callers.enter()
        let desk = try NodeDesk(topology, identity: adminIdentity, loop: callers.desk)
        let client = try await callers.client(configuration(), on: callers.desk)
        state.withLock { state in
            state.desk = desk
            state.commander = client
        }
        try await start(nodes)
        let watch = LeaderWatch(desk, clock: clock)
        state.withLock { $0.watch = watch }
        let text = topology.text
        try await patiently("the topology is not taken") {
            _ = try await client.applyTopology(text, dryRun: false, timeout: .seconds(10))
        }
        for placement in topology.placements.map(\.name) { try await serve(placement, client) }
        _ = try await desk.leader(of: NodeDesk.directory)
        try await startPlugins()
        let version = await desk.status(of: nodes.first ?? "", timeout: .seconds(2))?.version ?? ""
        if !version.isEmpty { state.withLock { $0.version = "clavigerd \(version)" } }
    }

    /// Waits until a placement has a leader, a key can be made, and every holder encrypts with it.
    private func serve(_ placement: String, _ client: ClavigerClient) async throws {
        _ = try await desk.leader(of: placement)
        let caller = try federation.layout.identity(named: "admin").summary().identity?.uri ?? ""
        let document = Self.policy(
            tenant: tenant, admin: caller,
            plugin: SPIFFEID.workload(trustDomain: topology.trustDomain, name: "kms-\(placement)").uri)
        let (tenant, key) = (tenant, kubernetesKey(of: placement))
        try await patiently("the policy of \(placement) is not taken") {
            _ = try await client.putPolicy(
                placement: placement, name: tenant, document: document, timeout: .seconds(5))
        }
        try await patiently("\(placement) makes no key") {
            do throws(ClientError) {
                _ = try await client.createKey(key, timeout: .seconds(5))
            } catch {
                // An attempt before whose answer was lost.
                if error.code != .alreadyExists { throw error }
            }
        }
        try await patiently("\(placement) does not encrypt") {
            _ = try await client.encrypt(key: key, plaintext: Array("ready".utf8), timeout: .seconds(5))
        }
    }

    private static func policy(tenant: String, admin: String, plugin: String) -> String {
        """
        statements:
          - id: stage
            effect: allow
            principals: ["\(admin)"]
            actions: [use, manage, read, describeKey]
            keys: {tenant: \(tenant)}
          - id: plugins
            effect: allow
            principals: ["\(plugin)"]
            actions: [use, describeKey]
            keys: {tenant: \(tenant)}
        """
    }

    /// A plugin wherever a load or a storm uses one.
    private func startPlugins() async throws {
        for load in scenario.loads where load.kind == .kubernetes {
            let regions = load.regions.isEmpty ? self.regions(of: load.placement) : load.regions
            for region in regions { try await startPlugin(in: region, load.placement) }
        }
        for case .storm(let placement, _, _) in scenario.schedule.map(\.fault) {
            for region in regions(of: placement) { try await startPlugin(in: region, placement) }
        }
    }

    private func startPlugin(in region: String, _ placement: String) async throws {
        try await plugins.start(in: region, placement: placement, key: kubernetesKey(of: placement))
    }

    /// Repeats what a federation that has just begun may refuse, for a minute.
    func patiently(_ problem: String, _ body: () async throws -> Void) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do { return try await body() } catch {
                try Task.checkCancellation()
                guard ContinuousClock.now < end else { throw ChaosError(problem, "\(error)") }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    package func end() async {
        let (watch, desk) = state.withLock { state in
            let taken = (state.watch, state.desk)
            state.watch = nil
            state.desk = nil
            state.commander = nil
            return taken
        }
        await watch?.stop()
        network.mendAll()
        for name in nodes { pages[name]?.reset() }
        let plugins = plugins
        try? await BlockingCall.run { plugins.stop() }
        await processes.close()
        await desk?.close()
        await callers.close()
    }
}
