/// Where the replicas of a placement go. The same topology always gives the same choice.
struct ReplicaChoice {
    let topology: FederationTopology
    let placement: FederationTopology.Placement

    /// How many replicas one region may hold, so that its loss leaves a majority if the placement asks for that.
    private var regionLimit: Int { placement.survive == .region ? placement.replicas / 2 : placement.replicas }

    private var candidates: [FederationTopology.Node] {
        topology.nodes.filter { node in
            topology.region(named: node.region)?.liesWithin(placement.jurisdictions) == true
        }
    }

    /// Nodes in the order of choice. Each next one is taken from the region with the fewest replicas so far; among
    /// those the preferred leaders' regions come first, then the cloud with the fewest replicas, then the order of the
    /// file. Shorter than `placement.replicas` if there is a shortage.
    var nodes: [FederationTopology.Node] {
        var open = candidates
        var chosen: [FederationTopology.Node] = []
        while chosen.count < placement.replicas {
            let ranked = open.enumerated().map { (offset, node) in
                (rank: rank(node, after: chosen) + [offset], offset: offset)
            }
            let best = ranked.filter { $0.rank[0] < regionLimit }.min { $0.rank.lexicographicallyPrecedes($1.rank) }
            guard let best else { break }
            chosen.append(open.remove(at: best.offset))
        }
        return chosen
    }

    /// Smaller is better: replicas in the region, place among the preferred leaders, replicas in the cloud.
    private func rank(_ node: FederationTopology.Node, after chosen: [FederationTopology.Node]) -> [Int] {
        let preference = placement.leaderPreference.firstIndex(of: node.region) ?? placement.leaderPreference.count
        let cloud = topology.region(named: node.region)?.cloud
        return [
            chosen.count { $0.region == node.region },
            preference,
            chosen.count { topology.region(named: $0.region)?.cloud == cloud },
        ]
    }

    /// Why the replicas cannot be placed, to follow "3 replicas cannot be placed:"; `nil` if they can.
    var shortage: String? {
        guard nodes.count < placement.replicas else { return nil }
        let place = JurisdictionText.list(placement.jurisdictions)
        let regions = topology.regions(allowedFor: placement)
        let needed = (placement.replicas + regionLimit - 1) / regionLimit
        if regions.count < needed {
            return "only \(regions.count) \(regions.count == 1 ? "region is" : "regions are") in \(place)"
        }
        let inhabited = regions.count { region in candidates.contains { $0.region == region.name } }
        if inhabited < needed {
            return "only \(inhabited) of the regions in \(place) \(inhabited == 1 ? "has" : "have") a node"
        }
        if placement.survive == .region, candidates.count >= placement.replicas {
            return "more than \(regionLimit) of them would be in one region, whose loss they must survive"
        }
        return "only \(candidates.count) \(candidates.count == 1 ? "node is" : "nodes are") in \(place)"
    }
}

extension FederationTopology {
    /// The regions whose nodes may hold the keys of a placement, in the order of the file.
    package func regions(allowedFor placement: Placement) -> [Region] {
        regions.filter { $0.liesWithin(placement.jurisdictions) }
    }

    /// The nodes that hold a placement: exactly `placement.replicas`, spread over regions, then clouds, beginning with
    /// the regions that should lead.
    package func replicas(of placement: Placement) -> [Node] {
        ReplicaChoice(topology: self, placement: placement).nodes
    }

    /// The holders that may give out plaintext.
    package func plaintextReplicas(of placement: Placement) -> [Node] {
        replicas(of: placement).filter { region(named: $0.region)?.liesWithin(placement.servePlaintextAt) == true }
    }
}
