extension FederationTopology {
    /// The largest file that is read, in bytes.
    package static let fileLimit = 1 << 20

    /// Reads and checks a topology file.
    package static func load(from path: String) throws(TopologyError) -> FederationTopology {
        try parse(try TextFile.read(path, limit: fileLimit), source: path)
    }

    /// Reads and checks the text of a topology file. `source` names it in errors.
    package static func parse(_ text: String, source: String) throws(TopologyError) -> FederationTopology {
        let root = try YAMLValue(parsing: text, file: source)
        let fields = try root.fields(
            "cluster", "trustDomain", "operators", "clouds", "regions", "nodes", "directory", "placements", "timing")
        let cluster = try fields.required("cluster").fields("name", "id")
        let directory = try fields.optional("directory")?.fields("voters")
        return try FederationTopology(
            clusterName: try cluster.required("name").text(),
            clusterID: try cluster.optional("id").map(clusterID),
            trustDomain: try fields.required("trustDomain").text(),
            operators: try fields.required("operators").items().map(identity),
            regions: try regions(fields.required("regions"), clouds: fields.optional("clouds")?.texts()),
            nodes: try fields.required("nodes").items().map(node),
            directoryVoters: try directory?.optional("voters")?.texts(),
            placements: try placements(fields.required("placements")),
            timing: try fields.optional("timing").map(timing) ?? .standard,
            source: source)
    }

    private static func clusterID(_ value: YAMLValue) throws(TopologyError) -> [UInt8] {
        guard let bytes = Hexadecimal.decode(try value.text()), bytes.count == 16 else {
            throw value.error("a cluster id is 32 hexadecimal digits")
        }
        return bytes
    }

    private static func identity(_ value: YAMLValue) throws(TopologyError) -> SPIFFEID {
        let text = try value.text()
        do { return try SPIFFEID(text) } catch { throw value.error(error.description) }
    }

    private static func regions(_ value: YAMLValue, clouds: [String]?) throws(TopologyError) -> [Region] {
        try value.members().map { (name, value) throws(TopologyError) in
            let fields = try value.fields("cloud", "jurisdictions")
            let cloud = try fields.required("cloud")
            if let clouds, !clouds.contains(try cloud.text()) {
                throw cloud.error("'\(try cloud.text())' is not in clouds: \(clouds.joined(separator: ", "))")
            }
            return Region(
                name: name, cloud: try cloud.text(), jurisdictions: try fields.required("jurisdictions").texts())
        }
    }

    private static func node(_ value: YAMLValue) throws(TopologyError) -> Node {
        let fields = try value.fields("name", "number", "region", "host", "peerPort", "apiPort", "metricsPort")
        func number(_ key: String) throws(TopologyError) -> UInt16 {
            UInt16(try fields.required(key).integer(in: 1...65535))
        }
        return Node(
            name: try fields.required("name").text(), number: try number("number"),
            region: try fields.required("region").text(), host: try fields.required("host").text(),
            peerPort: try number("peerPort"), apiPort: try number("apiPort"), metricsPort: try number("metricsPort"))
    }

    private static func placements(_ value: YAMLValue) throws(TopologyError) -> [Placement] {
        try value.members().map { (name, value) throws(TopologyError) in try placement(name, value) }
    }

    private static func placement(_ name: String, _ value: YAMLValue) throws(TopologyError) -> Placement {
        let fields = try value.fields(
            "jurisdictions", "replicas", "leaderPreference", "survive", "maxStaleness", "servePlaintextAt", "policy")
        let standard = Placement(name: name, jurisdictions: try fields.required("jurisdictions").texts())
        return Placement(
            name: name, jurisdictions: standard.jurisdictions,
            replicas: try fields.optional("replicas")?.integer(in: 1...9) ?? standard.replicas,
            leaderPreference: try fields.optional("leaderPreference")?.texts() ?? [],
            survive: try fields.optional("survive").map(survival) ?? standard.survive,
            maxStaleness: try fields.optional("maxStaleness")?.duration() ?? standard.maxStaleness,
            servePlaintextAt: try fields.optional("servePlaintextAt")?.texts(),
            policy: try fields.optional("policy")?.text())
    }

    private static func survival(_ value: YAMLValue) throws(TopologyError) -> Placement.Survival {
        let text = try value.text()
        guard let survival = Placement.Survival(rawValue: text) else {
            throw value.error("'\(text)' is neither 'region' nor 'node'")
        }
        return survival
    }

    private static func timing(_ value: YAMLValue) throws(TopologyError) -> Timing {
        let fields = try value.fields("heartbeat", "election", "tick")
        return Timing(
            heartbeat: try fields.optional("heartbeat")?.duration() ?? Timing.standard.heartbeat,
            election: try fields.optional("election")?.duration() ?? Timing.standard.election,
            tick: try fields.optional("tick")?.duration() ?? Timing.standard.tick)
    }
}
