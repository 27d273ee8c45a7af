import Topology

/// Who a scenario may be about: what its topology has.
struct ScenarioCast: Sendable {
    /// What the group of all regions is called where a placement's name may stand.
    static let directory = "directory"

    let topology: FederationTopology
    let subject: Scenario.Subject

    var nodes: [String] { running.map(\.name) }

    var regions: [String] {
        let inhabited = Set(running.map(\.region))
        return topology.regions.map(\.name).filter(inhabited.contains)
    }

    var placements: [String] { topology.placements.map(\.name) }

    /// Placements, and the directory of a federation.
    var groups: [String] { subject == .claviger ? placements + [Self.directory] : placements }

    /// Those that hold a placement or vote in the directory; of etcd all members. Empty for what there is not.
    func holders(of group: String) -> [FederationTopology.Node] {
        guard groups.contains(group) else { return [] }
        if subject == .etcd { return running }
        if group == Self.directory { return running.filter { topology.directoryVoters.contains($0.name) } }
        return topology.placement(named: group).map(topology.replicas) ?? []
    }

    func nodes(in region: String) -> [String] { running.filter { $0.region == region }.map(\.name) }

    /// etcd's members are the first nodes of the topology.
    private var running: [FederationTopology.Node] {
        subject == .etcd ? Array(topology.nodes.prefix(EtcdStage.size)) : topology.nodes
    }

    // MARK: - Names in a file

    func placement(_ value: YAMLValue) throws(TopologyError) -> String {
        try Self.known(value, among: placements, what: "placement")
    }

    func region(_ value: YAMLValue) throws(TopologyError) -> String {
        try Self.known(value, among: regions, what: "region")
    }

    private static func known(_ value: YAMLValue, among names: [String], what: String) throws(TopologyError) -> String {
        let name = try value.text()
        guard names.contains(name) else {
            throw value.error("there is no \(what) '\(name)'; known here: \(names.joined(separator: ", "))")
        }
        return name
    }
}
