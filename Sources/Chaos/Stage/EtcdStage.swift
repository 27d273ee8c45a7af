package import ClientAPI
import EtcdClient
import Glibc
package import NIOCore
import Synchronization
import Topology

/// Three members of etcd with its own timers and without TLS, for one run of a scenario: what a federation is compared
/// with. It has neither placements nor keys: whatever a scenario calls a placement is the one cluster.
package final class EtcdStage: ChaosStage {
    struct Member: Sendable {
        let name: String
        let region: String
        let host: String
        let clientPort: Int
        let peerPort: Int
        var data: String { "\(name).etcd" }
    }

    struct State {
        /// Present while the members run; asks each of them, in their order.
        var caller: EtcdCaller?
        var watch: Task<Void, Never>?
        var version = "etcd"
    }

    /// As many as a comparison with a placement of three needs.
    static let size = 3

    let members: [Member]
    let network: StageNetwork
    let callers: StageClients
    let clock = StageClock()
    let processes: StageProcesses
    let program: String
    let folder: String
    let state = Mutex(State())

    /// Takes the first three nodes of the scenario's topology, and their regions, for the members. Starts nothing.
    ///
    /// - Parameters:
    ///   - folder: for the members' data; it must be empty.
    ///   - network: a new one for this run; nil puts all on this machine's loopback.
    package init(
        scenario: Scenario, programs: ChaosPrograms, folder: String, network: VirtualNetwork?, seed: UInt64
    ) throws {
        try programs.check(for: scenario)
        let topology = try FederationTopology.load(from: scenario.topology)
        let path = try StageTopology.write(topology, isNetworked: network != nil, to: folder)
        let nodes = try FederationTopology.load(from: path).nodes.prefix(Self.size)
        guard nodes.count == Self.size else {
            throw ChaosError(scenario.topology, "has \(nodes.count) nodes; etcd needs \(Self.size) members")
        }
        let members = nodes.map { node in
            Member(
                name: node.name, region: node.region, host: node.host, clientPort: Int(node.apiPort),
                peerPort: Int(node.peerPort))
        }
        var regions: [String] = []
        for member in members where !regions.contains(member.region) { regions.append(member.region) }
        let sites = members.map { NetworkPlan.Site.node($0.name, region: $0.region) } + regions.map { .clients($0) }
        let joined = try StageNetwork(
            network, plan: NetworkPlan(sites: sites, distances: scenario.distances),
            numbers: Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0.number) }))
        self.members = members
        self.network = joined
        self.folder = folder
        program = programs.etcd
        callers = StageClients(regions: regions, on: joined)
        let token = "chaos-\(String(seed, radix: 36))"
        var processes: [StageProcess] = []
        for member in members {
            let log = "\(folder)/\(member.name).log"
            let arguments = Self.arguments(of: member, among: members, folder: folder, token: token)
            let program = programs.etcd
            processes.append(
                StageProcess(member.name, logPath: log, clock: clock) {
                    try DetachedProcess.spawn(program, arguments: arguments, log: log)
                })
        }
        self.processes = StageProcesses(processes)
    }

    private static func arguments(
        of member: Member, among members: [Member], folder: String, token: String
    ) -> [String] {
        let client = "http://\(member.host):\(member.clientPort)"
        let peer = "http://\(member.host):\(member.peerPort)"
        let cluster = members.map { "\($0.name)=http://\($0.host):\($0.peerPort)" }.joined(separator: ",")
        return [
            "--name", member.name, "--data-dir", "\(folder)/\(member.data)", "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", cluster, "--initial-cluster-state", "new", "--initial-cluster-token", token,
        ]
    }

    // MARK: - What is where

    package var nodes: [String] { members.map(\.name) }

    package var version: String { state.withLock { $0.version } }

    /// Empty for a member that there is not.
    package func region(of node: String) -> String { members.first { $0.name == node }?.region ?? "" }

    package func nodes(of placement: String) -> [String] { nodes }

    package func regions(of placement: String) -> [String] {
        members.reduce(into: []) { regions, member in
            if !regions.contains(member.region) { regions.append(member.region) }
        }
    }

    package func observe(_ body: @escaping @Sendable (RunRecord.Event) -> Void) { clock.observe(body) }

    package func beginClock() { clock.begin() }

    // MARK: - Clients

    package var now: Int64 { clock.now }

    package func eventLoop(in region: String) -> any EventLoop { callers.loop(in: region) }

    /// All members, that of the region first.
    package func etcdEndpoints(in region: String) -> [(host: String, port: Int)] {
        let near = members.filter { $0.region == region }
        return (near + members.filter { $0.region != region }).map { ($0.host, $0.clientPort) }
    }

    package func client(in region: String) async throws -> ClavigerClient { throw Self.missing("client of Claviger") }

    package func socket(in region: String, placement: String) throws -> String {
        throw Self.missing("Kubernetes plugin")
    }

    /// That etcd has no such thing.
    static func missing(_ what: String) -> ChaosError {
        ChaosError("etcd", "has no \(what)")
    }
}
