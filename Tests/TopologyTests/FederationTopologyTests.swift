import Testing
import Topology

@Suite("A federation's file")
struct FederationTopologyTests {
    @Test("The local federation has six nodes in three clouds and two jurisdictions")
    func localFederation() throws {
        let topology = try FederationTopology.load(from: LocalTopology.path)
        #expect(topology.trustDomain == "claviger.local")
        #expect(topology.operators.map(\.uri) == ["spiffe://claviger.local/operator/admin"])
        #expect(
            topology.nodes.map(\.name) == ["eu-west", "eu-central", "eu-north", "us-east", "us-central", "us-west"])
        #expect(topology.nodes.allSatisfy { $0.name == $0.region && $0.host == "127.0.0.1" })
        #expect(topology.nodes.map(\.number) == [1, 2, 3, 4, 5, 6])
        #expect(topology.regions.map(\.cloud) == ["aws", "gcp", "azure", "aws", "gcp", "azure"])
        #expect(topology.directoryVoters.count == 5)
        #expect(topology.placement(named: "eu")?.maxStaleness == .seconds(60))
        #expect(topology.placement(named: "eu")?.servePlaintextAt == ["EU"])
        #expect(topology.timing == .standard)
        #expect(topology.timing.heartbeatTicks == 10)
        #expect(topology.timing.electionTicks == 100)
        #expect(topology.node(named: "us-east")?.apiEndpoint == "127.0.0.1:7204")
    }

    @Test("A cluster without an id gets one from its name and trust domain, always the same")
    func derivedID() throws {
        let topology = try FederationTopology.load(from: LocalTopology.path)
        // printf 'local\0claviger.local' | sha256sum | cut -c1-32
        #expect(topology.clusterIDText == "61db9f2ab53f57deda4589d17f63c6bd")
        let other = try LocalTopology.parse(replacing: "name: local", with: "name: other")
        #expect(other.clusterID != topology.clusterID)
        #expect(other.clusterID.count == 16)
    }

    @Test("A written id is kept")
    func writtenID() throws {
        let id = "00112233445566778899aabbccddeeff"
        let topology = try LocalTopology.parse(replacing: "name: local", with: "name: local\n  id: \(id)")
        #expect(topology.clusterIDText == id)
    }

    @Test("Without named voters, the first nodes in distinct regions vote, five at most and an odd number")
    func defaultVoters() throws {
        let voters = "directory:\n  voters: [eu-west, eu-central, eu-north, us-east, us-central]\n"
        let topology = try LocalTopology.parse(replacing: voters, with: "")
        #expect(topology.directoryVoters == ["eu-west", "eu-central", "eu-north", "us-east", "us-central"])
        let four = try FederationTopology(
            clusterName: "four", trustDomain: "d",
            operators: topology.operators.map { _ in try SPIFFEID("spiffe://d/operator/a") },
            regions: topology.regions, nodes: Array(topology.nodes.prefix(4)), placements: [topology.placements[0]])
        #expect(four.directoryVoters == ["eu-west", "eu-central", "eu-north"])
    }

    @Test("Jurisdictions are texts, also the one that YAML takes for 'no'")
    func norway() throws {
        let topology = try LocalTopology.parse(
            replacing: "eu-north: {cloud: azure, jurisdictions: [EU]}",
            with: "eu-north: {cloud: azure, jurisdictions: [EU, NO]}",
            and: "eu: {jurisdictions: [EU], replicas: 3", with: "eu: {jurisdictions: [EU, NO], replicas: 3")
        #expect(topology.region(named: "eu-north")?.jurisdictions == ["EU", "NO"])
    }

    @Test("A file that does not exist is named")
    func absentFile() {
        #expect(throws: TopologyError("/nowhere/t.yaml", "cannot be opened: No such file or directory")) {
            try FederationTopology.load(from: "/nowhere/t.yaml")
        }
    }
}
