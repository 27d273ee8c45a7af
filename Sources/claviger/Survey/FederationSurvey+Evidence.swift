import ClientAPI
import Topology

extension FederationSurvey {
    /// The answers as evidence of where material is.
    var evidence: PlacementEvidence {
        PlacementEvidence(
            regions: federation.regions.map {
                FederationTopology.Region(name: $0.name, cloud: $0.cloud, jurisdictions: $0.jurisdictions)
            },
            rules: federation.placements.map {
                PlacementEvidence.Rule(placement: $0.name, jurisdictions: $0.jurisdictions, holders: $0.holders)
            },
            nodes: federation.nodes.map { node in
                PlacementEvidence.Node(
                    name: node.name, region: node.region,
                    answer: answer(of: node.name).map { evidence(of: $0.inventory) },
                    silence: silence(of: node.name) ?? "")
            })
    }

    /// Groups, placement names and epoch keys are looked at each on their own: any of them outside is a violation.
    private func evidence(of inventory: Claviger_V1_InventoryResponse) -> PlacementEvidence.Answer {
        var names: [String] = []
        let groups = inventory.groups.compactMap { group -> (id: UInt64, placement: String)? in
            let byID = federation.placements.first { $0.group == group.id }?.name
            let name = group.placement.isEmpty ? byID ?? "" : group.placement
            return name.isEmpty ? nil : (group.id, name)
        }
        for name in groups.map(\.placement) + inventory.placements + inventory.epochs.map(\.placement)
        where !names.contains(name) {
            names.append(name)
        }
        let holdings = names.map { name in
            PlacementEvidence.Holding(
                placement: name, groups: groups.filter { $0.placement == name }.map(\.id),
                epochs: inventory.epochs.filter { $0.placement == name }.flatMap(\.epochs))
        }
        return PlacementEvidence.Answer(
            node: inventory.node, certifiedRegion: inventory.certifiedRegion, holdings: holdings)
    }
}
