package import ClientAPI
package import NIOCore
import Synchronization
import Topology

/// A running federation for one run of a scenario: real nodes, each on a host of its own if there is a network, clients
/// and Kubernetes plugins in every region.
package final class FederationStage: ChaosStage {
    struct State {
        /// Present while the federation runs.
        var desk: NodeDesk?
        var commander: ClavigerClient?
        var watch: LeaderWatch?
        var version = "clavigerd"
        /// Nodes whose disk was replaced: what was on it is gone.
        var wiped: Set<String> = []
        /// How many syncs had taken longer when the fault of a node's disk began.
        var slowedBefore: [String: UInt64] = [:]
        /// What was sent to nodes outside a placement by those who attack it: it may be found in their memory.
        var brought: [[UInt8]] = []
    }

    let scenario: Scenario
    let programs: ChaosPrograms
    let federation: LocalFederation
    let network: StageNetwork
    let callers: StageClients
    let plugins: StagePlugins
    let clock = StageClock()
    let processes: StageProcesses
    /// By node; empty without the library that is loaded into nodes.
    let pages: [String: FaultPage]
    /// A tenant of the run's own, whose name is nowhere else.
    let tenant: String
    let state = Mutex(State())

    var topology: FederationTopology { federation.topology }

    /// Reads the scenario's topology and writes its own into the folder, which must be empty and have a short path: the
    /// plugins' sockets are in it. Starts nothing.
    ///
    /// - Parameters:
    ///   - network: a new one for this run; nil puts all on this machine's loopback.
    ///   - seed: the run's, for names that tell runs apart.
    package init(
        scenario: Scenario, programs: ChaosPrograms, folder: String, network: VirtualNetwork?, seed: UInt64
    ) throws {
        try programs.check(for: scenario)
        let original = try FederationTopology.load(from: scenario.topology)
        let path = try StageTopology.write(original, isNetworked: network != nil, to: folder)
        let federation = try LocalFederation(
            topologyPath: path, layout: try LocalLayout("\(folder)/f"), hosts: network == nil ? .loopback : .any)
        let nodes = federation.topology.nodes
        let regions = federation.topology.regions.map(\.name)
        let sites = nodes.map { NetworkPlan.Site.node($0.name, region: $0.region) } + regions.map { .clients($0) }
        let joined = try StageNetwork(
            network, plan: NetworkPlan(sites: sites, distances: scenario.distances),
            numbers: Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0.number) }))
        self.scenario = scenario
        self.programs = programs
        self.federation = federation
        self.network = joined
        callers = StageClients(regions: regions, on: joined)
        plugins = StagePlugins(federation, on: joined, program: programs.plugin)
        tenant = "stage-\(String(seed, radix: 36))"
        var pages: [String: FaultPage] = [:]
        var processes: [StageProcess] = []
        for node in nodes {
            let files = federation.layout.node(node.name)
            var environment: [String: String] = [:]
            if FaultPage.libraryPath() != nil {
                let page = "\(folder)/faults-\(node.name)"
                pages[node.name] = try FaultPage(creating: page, notesSyncs: scenario.needsSyncNotes)
                environment = FaultPage.environment(page: page, data: files.dataPath)
            }
            let (daemon, variables) = (programs.daemon, environment)
            processes.append(
                StageProcess(node.name, logPath: files.logPath, clock: clock) {
                    try federation.launch(node, daemon: daemon, environment: variables)
                })
        }
        self.pages = pages
        self.processes = StageProcesses(processes)
    }

    // MARK: - What is where

    package var nodes: [String] { topology.nodes.map(\.name) }

    package var trustDomain: String { topology.trustDomain }

    package var version: String { state.withLock { $0.version } }

    /// Empty for a node that there is not.
    package func region(of node: String) -> String { topology.node(named: node)?.region ?? "" }

    /// The nodes that hold a placement, or vote in the directory, in the order in which they are to lead.
    package func nodes(of placement: String) -> [String] {
        if placement == NodeDesk.directory { return topology.directoryVoters }
        return (topology.placement(named: placement).map(topology.replicas) ?? []).map(\.name)
    }

    /// In the topology's order.
    package func regions(of placement: String) -> [String] {
        let holding = Set(nodes(of: placement).map(region(of:)))
        return topology.regions.map(\.name).filter(holding.contains)
    }

    package func observe(_ body: @escaping @Sendable (RunRecord.Event) -> Void) { clock.observe(body) }

    package func beginClock() { clock.begin() }

    // MARK: - Clients

    package var now: Int64 { clock.now }

    package func eventLoop(in region: String) -> any EventLoop { callers.loop(in: region) }

    /// An operator's client that prefers the region's own nodes, then those of the others in the topology's order.
    package func client(in region: String) async throws -> ClavigerClient {
        try await callers.client(configuration(near: region), on: callers.loop(in: region))
    }

    package func socket(in region: String, placement: String) throws -> String {
        try plugins.socket(in: region, placement: placement)
    }

    package func etcdEndpoints(in region: String) -> [(host: String, port: Int)] { [] }

    /// Where the credentials of the topology's operator `admin` are.
    var adminIdentity: String { federation.layout.identity(named: "admin").path }

    func configuration(near region: String? = nil, awayFrom avoided: String? = nil) throws -> ClientConfiguration {
        let endpoints = topology.nodes.map {
            ClientEndpoint(host: $0.host, port: Int($0.apiPort), region: $0.region, node: $0.name)
        }
        var regions = topology.regions.map(\.name).filter { $0 != region && $0 != avoided }
        if let region { regions.insert(region, at: 0) }
        var configuration = try ClientConfiguration(
            endpoints: endpoints, identityDirectory: adminIdentity, preferredRegions: regions)
        configuration.trustDomain = topology.trustDomain
        return configuration
    }

    /// Who asks each node itself; throws before the start and after the end.
    var desk: NodeDesk {
        get throws(ChaosError) {
            guard let desk = state.withLock({ $0.desk }) else { throw ChaosError("the federation", "does not run") }
            return desk
        }
    }

    /// The operator's client of the harness itself, which no fault of the network is about.
    var commander: ClavigerClient {
        get throws(ChaosError) {
            guard let client = state.withLock({ $0.commander }) else {
                throw ChaosError("the federation", "does not run")
            }
            return client
        }
    }
}
