/// One thing that a placement must satisfy. Small on purpose: a new demand is a new type and a line in
/// `PlacementRules`.
package protocol PlacementRule: Sendable {
    /// What is not satisfied, in words; empty when all is well.
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String]
}

/// The rules that are asked.
package enum PlacementRules {
    /// Need nothing but the placement.
    package static let alone: [any PlacementRule] = [
        JurisdictionsAreNamed(), PlaintextStaysInside(), ReplicasAreOdd(), StalenessIsBounded(), PreferenceIsAList(),
    ]
    /// All of them.
    package static let all: [any PlacementRule] =
        alone + [PreferredRegionsArePermitted(), EnoughNodes(), SurvivesItsFailure()]
}

/// The owner says whose law applies.
struct JurisdictionsAreNamed: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        Jurisdictions.problem(placement.allowedJurisdictions).map { ["allowed jurisdictions: \($0)"] } ?? []
    }
}

/// Plaintext is served where replicas may be, or in a part of it.
struct PlaintextStaysInside: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        if let problem = Jurisdictions.problem(placement.servePlaintextAt) {
            return ["plaintext jurisdictions: \(problem)"]
        }
        return Jurisdictions.all(placement.servePlaintextAt, in: placement.allowedJurisdictions)
            ? [] : ["plaintext can be served in allowed jurisdictions only"]
    }
}

/// An even number of voters survives no more failures than the odd one below it.
struct ReplicasAreOdd: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        [1, 3, 5, 7].contains(placement.replicas) ? [] : ["a placement has 1, 3, 5 or 7 replicas"]
    }
}

/// Too short would refuse service at every hiccup, too long would keep a revoked key in use.
struct StalenessIsBounded: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        Placement.staleness.contains(placement.maxStaleness)
            ? [] : ["the largest staleness must be between 5 s and 24 h"]
    }
}

/// Bounded, and made of names.
struct PreferenceIsAList: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        placement.leaderPreference.count <= 32 && placement.leaderPreference.allSatisfy(NameRules.isName)
            ? [] : ["the leader preference is a list of at most 32 region names"]
    }
}

/// A leader is a replica, so it may stand where replicas may.
struct PreferredRegionsArePermitted: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        placement.leaderPreference.compactMap { name in
            guard let region = regions.first(where: { $0.name == name }) else {
                return NameRules.isName(name) ? "the preferred region \(name) is not known" : nil
            }
            return placement.permits(region: region)
                ? nil : "the preferred region \(name) is outside the allowed jurisdictions"
        }
    }
}

/// There is a permitted node for each replica.
struct EnoughNodes: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        let count = placement.permitted(nodes, in: regions).count
        return count >= placement.replicas
            ? [] : ["\(placement.replicas) replicas are asked for and \(count) permitted nodes exist"]
    }
}

/// After the largest failure that the owner wants to survive, a majority of replicas can still be there.
struct SurvivesItsFailure: PlacementRule {
    func problems(of placement: Placement, regions: [Region], nodes: [PlacementCandidate]) -> [String] {
        let permitted = placement.permitted(nodes, in: regions)
        switch placement.survive {
        case .node:
            // With a single node there is nothing to survive: that is a federation for development.
            return placement.replicas > 1 || permitted.count == 1
                ? [] : ["one replica does not survive the loss of its node"]
        case .region:
            // A region may hold at most the minority; so the replicas must spread over the rest.
            let minority = (placement.replicas - 1) / 2
            var counts: [(region: String, nodes: Int)] = []
            for node in permitted {
                if let place = counts.firstIndex(where: { $0.region == node.region }) {
                    counts[place].nodes += 1
                } else {
                    counts.append((node.region, 1))
                }
            }
            let room = counts.reduce(0) { $0 + min($1.nodes, minority) }
            return room >= placement.replicas
                ? []
                : [
                    "\(placement.replicas) replicas in \(counts.count) permitted regions "
                        + "do not survive the loss of a region"
                ]
        }
    }
}

extension Placement {
    /// The candidates that stand in regions where replicas may be.
    package func permitted(_ nodes: [PlacementCandidate], in regions: [Region]) -> [PlacementCandidate] {
        nodes.filter { node in
            regions.first { $0.name == node.region }.map { permits(region: $0) } ?? false
        }
    }
}
