import Testing
import Topology

@Suite("The plan between two topologies")
struct TopologyDifferenceTests {
    func lines(replacing old: String, with new: String) throws -> [String] {
        let before = try FederationTopology.load(from: LocalTopology.path)
        return TopologyDifference(from: before, to: try LocalTopology.parse(replacing: old, with: new))
            .lines.map(\.description)
    }

    @Test("Nothing changes between equal topologies")
    func equal() throws {
        #expect(try lines(replacing: "name: local", with: "name: local") == [])
    }

    @Test("A changed field is shown with both values")
    func field() throws {
        #expect(
            try lines(replacing: "maxStaleness: 60s}", with: "maxStaleness: 5m}")
                == ["~ placements.eu.maxStaleness: 1m -> 5m"])
        #expect(
            try lines(replacing: "placements:", with: "timing: {election: 2s}\nplacements:")
                == ["~ timing.election: 1s -> 2s"])
    }

    @Test("A removed placement and an added one are shown by name")
    func members() throws {
        #expect(
            try lines(replacing: "  us: {", with: "  usa: {") == [
                "- placements.us",
                "+ placements.usa: jurisdictions [US], replicas 3, leaderPreference [us-east, us-central], "
                    + "survive region, maxStaleness 1m, servePlaintextAt [US], policy none",
            ])
    }

    @Test("Replicas that move are named")
    func moved() throws {
        let lines = try lines(
            replacing: "eu: {jurisdictions: [EU], replicas: 3, leaderPreference: [eu-west, eu-central]",
            with: "eu: {jurisdictions: [EU, US], replicas: 3, leaderPreference: [us-east, us-central]")
        #expect(
            lines.contains(
                "~ placements.eu replicas at: [eu-central, eu-north, eu-west] -> [eu-north, us-central, us-east]"))
    }

    @Test("A node's number, the cluster's id and the trust domain stay")
    func forbidden() throws {
        let before = try FederationTopology.load(from: LocalTopology.path)
        let renumbered = TopologyDifference(
            from: before, to: try LocalTopology.parse(replacing: "number: 6", with: "number: 7"))
        #expect(!renumbered.isAllowed)
        #expect(renumbered.lines.map(\.description) == ["! nodes.us-west.number: 6 -> 7"])
        let renamed = TopologyDifference(
            from: before, to: try LocalTopology.parse(replacing: "name: us-west,", with: "name: us-west2,"))
        #expect(
            renamed.lines.map(\.description).contains(
                "! nodes.us-west2.number: 6 belongs to 'us-west'; take a new number"))
        let other = TopologyDifference(
            from: before,
            to: try LocalTopology.parse(
                replacing: "name: local", with: "name: local\n  id: 00112233445566778899aabbccddeeff"))
        #expect(!other.isAllowed)
    }
}
