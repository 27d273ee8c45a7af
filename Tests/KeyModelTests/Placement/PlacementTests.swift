import KeyModel
import Testing

@Suite struct PlacementTests {
    static let regions = [
        Region(name: "eu-west", cloud: "aws", jurisdictions: ["EU"]),
        Region(name: "eu-central", cloud: "gcp", jurisdictions: ["EU"]),
        Region(name: "eu-north", cloud: "azure", jurisdictions: ["EU"]),
        Region(name: "frankfurt", cloud: "gcp", jurisdictions: ["EU", "DE"]),
        Region(name: "us-east", cloud: "aws", jurisdictions: ["US"]),
    ]
    static let nodes = regions.map { PlacementCandidate(node: "n-\($0.name)", region: $0.name) }

    func placement(
        jurisdictions: [String] = ["EU"], replicas: Int = 3, preference: [String] = [],
        survive: Placement.Survival = .region,
        staleness: Int64 = 60_000, serve: [String]? = nil
    ) throws -> Placement {
        Placement(
            name: try PlacementName("eu"), allowedJurisdictions: jurisdictions, replicas: replicas,
            leaderPreference: preference,
            survive: survive, maxStaleness: staleness, servePlaintextAt: serve)
    }

    @Test("A region fits only if all its jurisdictions are allowed")
    func permits() throws {
        let eu = try placement()
        #expect(Self.regions.map { eu.permits(region: $0) } == [true, true, true, false, false])
        let both = try placement(jurisdictions: ["EU", "DE"])
        #expect(Self.regions.map { both.permits(region: $0) } == [true, true, true, true, false])
        #expect(!eu.permits(jurisdictions: []))
    }

    @Test("Plaintext is served in a part of the placement")
    func plaintext() throws {
        let narrow = try placement(jurisdictions: ["EU", "DE"], serve: ["EU"])
        #expect(narrow.permitsPlaintext(region: Self.regions[0]))
        #expect(!narrow.permitsPlaintext(region: Self.regions[3]))
    }

    @Test("A placement that can be met has no problems")
    func met() throws {
        #expect(try placement(preference: ["eu-central"]).problems(regions: Self.regions, nodes: Self.nodes).isEmpty)
    }

    @Test(
        "What cannot be met says why",
        arguments: [
            (["EU"], 5, [String](), "replicas are asked for"),
            (["EU"], 4, [], "1, 3, 5 or 7"),
            (["EU"], 3, ["us-east"], "outside the allowed"),
            (["EU"], 3, ["mars"], "not known"),
            ([], 3, [], "at least one jurisdiction"),
            (["eu"], 3, [], "A-Z"),
            (["EU", "EU"], 3, [], "twice"),
            (["US"], 1, [], "do not survive"),
        ] as [([String], Int, [String], String)])
    func problems(jurisdictions: [String], replicas: Int, preference: [String], text: String) throws {
        let problems = try placement(jurisdictions: jurisdictions, replicas: replicas, preference: preference)
            .problems(regions: Self.regions, nodes: Self.nodes)
        #expect(problems.contains { $0.contains(text) }, "\(problems)")
    }

    @Test("Staleness has limits, both inclusive")
    func staleness() throws {
        for (value, isLegal) in [(4_999, false), (5_000, true), (86_400_000, true), (86_400_001, false), (-1, false)] {
            #expect(try placement(staleness: Int64(value)).problemsInItself().isEmpty == isLegal)
        }
    }

    @Test("Three replicas in two regions do not survive a region, but survive a node")
    func survival() throws {
        let regions = Array(Self.regions.prefix(2))
        let nodes = [("a", "eu-west"), ("b", "eu-west"), ("c", "eu-central")].map {
            PlacementCandidate(node: $0.0, region: $0.1)
        }
        #expect(try placement().problems(regions: regions, nodes: nodes).count == 1)
        #expect(try placement(survive: .node).problems(regions: regions, nodes: nodes).isEmpty)
    }

    @Test("Plaintext may not be served outside the allowed jurisdictions")
    func plaintextOutside() throws {
        #expect(
            try placement(serve: ["US"]).problemsInItself() == ["plaintext can be served in allowed jurisdictions only"]
        )
    }
}
