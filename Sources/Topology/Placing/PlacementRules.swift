/// The rules of one placement within its topology.
struct PlacementRules {
    let rules: TopologyRules
    let placement: FederationTopology.Placement

    private var path: String { "placements.\(placement.name)" }
    private var topology: FederationTopology { rules.topology }

    func check() throws(TopologyError) {
        try rules.checkName(placement.name, at: path)
        guard topology.placements.count(where: { $0.name == placement.name }) == 1 else {
            throw rules.error(path, "the placement is listed twice")
        }
        try checkJurisdictions()
        guard placement.replicas == 3 || placement.replicas == 5 else {
            throw rules.error("\(path).replicas", "\(placement.replicas) is neither 3 nor 5")
        }
        try checkLeaders()
        guard FederationTopology.Placement.staleness.contains(placement.maxStaleness) else {
            throw rules.error(
                "\(path).maxStaleness", "\(DurationText.describe(placement.maxStaleness)) is not from 5s to 24h")
        }
        if let shortage = ReplicaChoice(topology: topology, placement: placement).shortage {
            throw rules.error("\(path).replicas", "\(placement.replicas) replicas cannot be placed: \(shortage)")
        }
        try checkPlaintext()
    }

    private func checkJurisdictions() throws(TopologyError) {
        try rules.checkJurisdictions(placement.jurisdictions, at: "\(path).jurisdictions")
        for (index, jurisdiction) in placement.jurisdictions.enumerated()
        where !topology.regions.contains(where: { $0.jurisdictions.contains(jurisdiction) }) {
            throw rules.error("\(path).jurisdictions[\(index)]", "no region is in \(jurisdiction)")
        }
    }

    private func checkLeaders() throws(TopologyError) {
        for (index, name) in placement.leaderPreference.enumerated() {
            let path = "\(path).leaderPreference[\(index)]"
            guard let region = topology.region(named: name) else {
                throw rules.error(path, "there is no region '\(name)'")
            }
            guard region.liesWithin(placement.jurisdictions) else {
                throw rules.error(path, "'\(name)' is not in \(JurisdictionText.list(placement.jurisdictions))")
            }
            guard !placement.leaderPreference[..<index].contains(name) else {
                throw rules.error(path, "'\(name)' is listed twice")
            }
        }
    }

    /// Plaintext can only come from where the key may be: each jurisdiction must have a region that may hold it.
    private func checkPlaintext() throws(TopologyError) {
        let path = "\(path).servePlaintextAt"
        try rules.checkJurisdictions(placement.servePlaintextAt, at: path)
        let allowed = topology.regions(allowedFor: placement)
        for (index, jurisdiction) in placement.servePlaintextAt.enumerated()
        where !allowed.contains(where: { $0.jurisdictions.contains(jurisdiction) }) {
            throw rules.error(
                "\(path)[\(index)]",
                "no region that may hold the keys (\(JurisdictionText.list(placement.jurisdictions))) "
                    + "is in \(jurisdiction)"
            )
        }
    }
}

/// Jurisdictions in a sentence.
enum JurisdictionText {
    /// `EU`, `EU or US`, `EU, US or CH`.
    static func list(_ jurisdictions: [String]) -> String {
        guard let last = jurisdictions.last, jurisdictions.count > 1 else { return jurisdictions.first ?? "" }
        return "\(jurisdictions.dropLast().joined(separator: ", ")) or \(last)"
    }
}
