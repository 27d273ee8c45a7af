import Testing
import Topology

@Suite("A topology as text")
struct TopologyTextTests {
    @Test("The text of a topology reads as the same topology")
    func roundTrip() throws {
        for name in ["local", "three", "hostile"] {
            let path = "\(LocalTopology.root)/topology/\(name).yaml"
            let topology = try FederationTopology.load(from: path)
            let again = try FederationTopology.parse(topology.text, source: "text")
            #expect(again == topology, "\(name)")
        }
    }

    @Test("Policies with lines, quotes and other signs survive")
    func policy() throws {
        let original = try LocalTopology.parse(
            replacing: "maxStaleness: 60s", with: "maxStaleness: 90m, servePlaintextAt: [EU], policy: \"x\"")
        let strange = "a: \"b\\c\"\n\t- no\r\u{7f}\u{1}é {[#:"
        let placements = original.placements.map { placement in
            FederationTopology.Placement(
                name: placement.name, jurisdictions: placement.jurisdictions, replicas: placement.replicas,
                leaderPreference: placement.leaderPreference, survive: placement.survive,
                maxStaleness: placement.maxStaleness, servePlaintextAt: placement.servePlaintextAt, policy: strange)
        }
        let topology = try FederationTopology(
            clusterName: original.clusterName, clusterID: original.clusterID, trustDomain: original.trustDomain,
            operators: original.operators, regions: original.regions, nodes: original.nodes,
            directoryVoters: original.directoryVoters, placements: placements, timing: original.timing)
        let again = try FederationTopology.parse(topology.text, source: "text")
        #expect(again == topology)
    }
}
