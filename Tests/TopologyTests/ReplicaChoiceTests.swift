import Testing
import Topology

@Suite("Where replicas go")
struct ReplicaChoiceTests {
    @Test("The local placements take their own three regions, leaders first")
    func local() throws {
        let topology = try FederationTopology.load(from: LocalTopology.path)
        let eu = try #require(topology.placement(named: "eu"))
        #expect(topology.replicas(of: eu).map(\.name) == ["eu-west", "eu-central", "eu-north"])
        #expect(topology.regions(allowedFor: eu).map(\.name) == ["eu-west", "eu-central", "eu-north"])
        let us = try #require(topology.placement(named: "us"))
        #expect(topology.replicas(of: us).map(\.name) == ["us-east", "us-central", "us-west"])
    }

    /// Regions `r0`… with a cloud each, and nodes `a`… in the regions given by number.
    static func topology(
        clouds: [String], nodes: [Int], placement: FederationTopology.Placement
    ) throws(TopologyError) -> FederationTopology {
        try FederationTopology(
            clusterName: "test", trustDomain: "d", operators: [try SPIFFEID("spiffe://d/operator/a")],
            regions: clouds.enumerated().map { .init(name: "r\($0.offset)", cloud: $0.element, jurisdictions: ["EU"]) },
            nodes: nodes.enumerated().map { (index, region) in
                let port = UInt16(1000 + 3 * index)
                return .init(
                    name: "n\(index)", number: UInt16(index + 1), region: "r\(region)", host: "h", peerPort: port,
                    apiPort: port + 1, metricsPort: port + 2)
            },
            placements: [placement])
    }

    @Test("Three replicas go to three clouds when they can")
    func clouds() throws {
        let placement = FederationTopology.Placement(name: "p", jurisdictions: ["EU"])
        let topology = try Self.topology(
            clouds: ["a", "a", "a", "b", "c"], nodes: [0, 1, 2, 3, 4], placement: placement)
        #expect(topology.replicas(of: placement).map(\.region) == ["r0", "r3", "r4"])
    }

    @Test("A preferred leader's region comes before another cloud")
    func preference() throws {
        let placement = FederationTopology.Placement(name: "p", jurisdictions: ["EU"], leaderPreference: ["r2", "r1"])
        let topology = try Self.topology(
            clouds: ["a", "a", "a", "b", "c"], nodes: [0, 1, 2, 3, 4], placement: placement)
        #expect(topology.replicas(of: placement).map(\.region) == ["r2", "r1", "r3"])
    }

    @Test("Five replicas fit into three regions, two at most in each")
    func fiveInThree() throws {
        let placement = FederationTopology.Placement(name: "p", jurisdictions: ["EU"], replicas: 5)
        let topology = try Self.topology(clouds: ["a", "b", "c"], nodes: [0, 0, 0, 1, 1, 2], placement: placement)
        #expect(topology.replicas(of: placement).map(\.region) == ["r0", "r1", "r2", "r0", "r1"])
    }

    @Test("Five replicas that must survive a region cannot go to two")
    func fiveInTwo() {
        let placement = FederationTopology.Placement(name: "p", jurisdictions: ["EU"], replicas: 5)
        #expect(
            throws: TopologyError("placements.p.replicas", "5 replicas cannot be placed: only 2 regions are in EU")
        ) { try Self.topology(clouds: ["a", "b"], nodes: [0, 0, 0, 1, 1, 1], placement: placement) }
    }

    @Test("Nodes that crowd one region do not help to survive its loss")
    func crowded() {
        let placement = FederationTopology.Placement(name: "p", jurisdictions: ["EU"], replicas: 5)
        #expect(
            throws: TopologyError(
                "placements.p.replicas",
                "5 replicas cannot be placed: more than 2 of them would be in one region, whose loss they must survive")
        ) { try Self.topology(clouds: ["a", "b", "c"], nodes: [0, 0, 0, 1, 2], placement: placement) }
    }

    @Test("Replicas that need only survive a node may share a region")
    func surviveNode() throws {
        let placement = FederationTopology.Placement(name: "p", jurisdictions: ["EU"], survive: .node)
        let topology = try Self.topology(clouds: ["a"], nodes: [0, 0, 0], placement: placement)
        #expect(topology.replicas(of: placement).map(\.name) == ["n0", "n1", "n2"])
        #expect(topology.directoryVoters == ["n0"])
    }

    @Test("Plaintext comes only from holders in the jurisdictions named for it")
    func plaintext() throws {
        let topology = try LocalTopology.parse(
            replacing: "us: {jurisdictions: [US], replicas: 3",
            with: "us: {jurisdictions: [US, US-IA], servePlaintextAt: [US], replicas: 3",
            and: "us-central: {cloud: gcp, jurisdictions: [US]}",
            with: "us-central: {cloud: gcp, jurisdictions: [US, US-IA]}")
        let us = try #require(topology.placement(named: "us"))
        #expect(topology.plaintextReplicas(of: us).map(\.name).sorted() == ["us-east", "us-west"])
        #expect(topology.replicas(of: us).count == 3)
    }
}
