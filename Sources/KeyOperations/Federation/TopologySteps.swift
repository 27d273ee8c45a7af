import KeyModel
import Topology

/// What has to be done to the directory so that it says what a topology says, in words and as commands.
struct TopologySteps {
    struct NewPlacement {
        var name: PlacementName
        var nodes: [String]
    }

    private(set) var lines: [String] = []
    private(set) var newPlacements: [NewPlacement] = []
    private var regions: [KeyModel.Region] = []
    private var placements: [KeyModel.Placement] = []

    /// Throws `invalidRequest` for another cluster's topology, and what the model throws for bad names.
    init(from state: DirectoryState, to topology: FederationTopology) throws(KMSError) {
        guard let cluster = state.cluster else { throw KMSError(.noLeader, "the directory has not been started yet") }
        guard cluster.cluster == topology.clusterID else {
            throw KMSError(.invalidRequest, "the topology is of another cluster (\(topology.clusterName))")
        }
        for region in topology.regions {
            let wanted = KeyModel.Region(name: region.name, cloud: region.cloud, jurisdictions: region.jurisdictions)
            guard let present = state.region(named: region.name) else {
                lines.append(
                    "+ region \(region.name) (\(region.cloud), \(region.jurisdictions.joined(separator: ", ")))")
                regions.append(wanted)
                continue
            }
            if present != wanted {
                lines.append("~ region \(region.name)")
                regions.append(wanted)
            }
        }
        for placement in topology.placements { try compare(placement, with: state, in: topology) }
        for node in topology.nodes where state.node(named: node.name) == nil {
            lines.append("+ node \(node.name) (joins when it starts)")
        }
    }

    private mutating func compare(
        _ placement: FederationTopology.Placement, with state: DirectoryState, in topology: FederationTopology
    ) throws(KMSError) {
        let wanted = try Self.placement(placement)
        let present = state.placement(wanted.name)
        if let present {
            var same = wanted
            same.version = present.version
            if same != present {
                lines.append("~ placement \(placement.name)")
                placements.append(wanted)
            }
        } else {
            lines.append(
                "+ placement \(placement.name) in \(placement.jurisdictions.joined(separator: ", ")), "
                    + "\(placement.replicas) replicas"
            )
            placements.append(wanted)
        }
        if state.groups(of: wanted.name).isEmpty {
            let nodes = topology.replicas(of: placement).map(\.name)
            lines.append("+ group of placement \(placement.name) on \(nodes.joined(separator: ", "))")
            newPlacements.append(NewPlacement(name: wanted.name, nodes: nodes))
        }
    }

    func commands(from state: DirectoryState) -> [DirectoryCommand.Body] {
        regions.map { .putRegion($0) } + placements.map { .putPlacement($0) }
    }

    static func placement(_ source: FederationTopology.Placement) throws(KMSError) -> KeyModel.Placement {
        KeyModel.Placement(
            name: try PlacementName(source.name), version: 0, allowedJurisdictions: source.jurisdictions,
            replicas: source.replicas,
            leaderPreference: source.leaderPreference, survive: source.survive == .region ? .region : .node,
            maxStaleness: Int64(source.maxStaleness / .milliseconds(1)), servePlaintextAt: source.servePlaintextAt)
    }
}
