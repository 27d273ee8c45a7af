/// The rules that hold between the parts of a topology. The first one that is broken is thrown, with its path.
struct TopologyRules {
    let topology: FederationTopology
    let source: String

    func check() throws(TopologyError) {
        try checkCluster()
        try checkRegions()
        try checkNodes()
        try checkDirectory()
        try checkTiming()
        guard !topology.placements.isEmpty else { throw error("placements", "there is no placement") }
        for placement in topology.placements { try PlacementRules(rules: self, placement: placement).check() }
    }

    func error(_ path: String, _ problem: String) -> TopologyError {
        TopologyError(source.isEmpty ? path : "\(source): \(path)", problem)
    }

    func checkName(_ text: String, at path: String) throws(TopologyError) {
        guard NameRule.isName(text) else { throw error(path, "'\(text)' \(NameRule.nameHelp)") }
    }

    /// Every jurisdiction is well formed, listed once, and there is at least one.
    func checkJurisdictions(_ jurisdictions: [String], at path: String) throws(TopologyError) {
        guard !jurisdictions.isEmpty else { throw error(path, "at least one jurisdiction is needed") }
        for (index, jurisdiction) in jurisdictions.enumerated() {
            guard NameRule.isJurisdiction(jurisdiction) else {
                throw error(
                    "\(path)[\(index)]", "'\(jurisdiction)' is not a jurisdiction: A-Z, 0-9 and -, as EU or US-CA")
            }
            guard !jurisdictions[..<index].contains(jurisdiction) else {
                throw error("\(path)[\(index)]", "'\(jurisdiction)' is listed twice")
            }
        }
    }

    private func checkCluster() throws(TopologyError) {
        try checkName(topology.clusterName, at: "cluster.name")
        guard topology.clusterID.count == 16 else { throw error("cluster.id", "a cluster id has 16 bytes") }
        guard SPIFFEID.isTrustDomain(topology.trustDomain) else {
            throw error("trustDomain", "'\(topology.trustDomain)' is not a trust domain: a-z, 0-9, '.', '-' and '_'")
        }
        guard !topology.operators.isEmpty else { throw error("operators", "at least one operator is needed") }
        for (index, identity) in topology.operators.enumerated() {
            guard identity.trustDomain == topology.trustDomain else {
                throw error("operators[\(index)]", "\(identity) is not in the trust domain \(topology.trustDomain)")
            }
            guard identity.nodeName == nil else {
                throw error("operators[\(index)]", "\(identity) is the identity of a node, not of a person")
            }
        }
    }

    private func checkRegions() throws(TopologyError) {
        for (index, region) in topology.regions.enumerated() {
            try checkName(region.name, at: "regions.\(region.name)")
            try checkName(region.cloud, at: "regions.\(region.name).cloud")
            try checkJurisdictions(region.jurisdictions, at: "regions.\(region.name).jurisdictions")
            guard !topology.regions[..<index].contains(where: { $0.name == region.name }) else {
                throw error("regions.\(region.name)", "the region is listed twice")
            }
        }
    }

    private func checkNodes() throws(TopologyError) {
        guard !topology.nodes.isEmpty else { throw error("nodes", "there is no node") }
        var ports: [String: String] = [:]
        for (index, node) in topology.nodes.enumerated() {
            let path = "nodes[\(index)]"
            let earlier = topology.nodes[..<index]
            try checkName(node.name, at: "\(path).name")
            guard !earlier.contains(where: { $0.name == node.name }) else {
                throw error("\(path).name", "another node is named '\(node.name)'")
            }
            guard node.number > 0 else { throw error("\(path).number", "numbers begin with 1") }
            if let other = earlier.first(where: { $0.number == node.number }) {
                throw error("\(path).number", "\(node.number) is already the number of '\(other.name)'")
            }
            guard topology.region(named: node.region) != nil else {
                throw error("\(path).region", "there is no region '\(node.region)'")
            }
            guard NameRule.isHost(node.host) else {
                throw error("\(path).host", "'\(node.host)' is not a host name or address")
            }
            for (key, port) in [
                ("peerPort", node.peerPort), ("apiPort", node.apiPort), ("metricsPort", node.metricsPort),
            ] {
                guard port > 0 else { throw error("\(path).\(key)", "ports begin with 1") }
                if let user = ports.updateValue("\(path).\(key)", forKey: "\(node.host) \(port)") {
                    throw error("\(path).\(key)", "port \(port) of \(node.host) is already \(user)")
                }
            }
        }
    }

    private func checkDirectory() throws(TopologyError) {
        let voters = topology.directoryVoters
        let path = "directory.voters"
        var regions: [String: String] = [:]
        for (index, voter) in voters.enumerated() {
            guard let node = topology.node(named: voter) else {
                throw error("\(path)[\(index)]", "there is no node '\(voter)'")
            }
            if let other = regions.updateValue(voter, forKey: node.region) {
                throw error(
                    "\(path)[\(index)]", "'\(voter)' is in region '\(node.region)' as '\(other)' is; spread the voters")
            }
        }
        guard !voters.count.isMultiple(of: 2) else {
            throw error(path, "\(voters.count) voters are not an odd number")
        }
    }

    private func checkTiming() throws(TopologyError) {
        let timing = topology.timing
        guard timing.tick >= .milliseconds(1), timing.tick <= .seconds(1) else {
            throw error("timing.tick", "\(DurationText.describe(timing.tick)) is not from 1ms to 1s")
        }
        guard timing.heartbeat >= timing.tick, timing.heartbeat <= .seconds(60) else {
            throw error("timing.heartbeat", "\(DurationText.describe(timing.heartbeat)) is not from one tick to 60s")
        }
        guard timing.election >= timing.heartbeat * 3, timing.election <= .seconds(600) else {
            throw error(
                "timing.election",
                "\(DurationText.describe(timing.election)) is not from three heartbeats to 10m; "
                    + "ten heartbeats are usual"
            )
        }
    }
}
