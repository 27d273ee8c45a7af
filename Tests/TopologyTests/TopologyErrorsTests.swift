import Testing
import Topology

@Suite("Mistakes in a federation's file")
struct TopologyErrorsTests {
    /// One mistake made in the local federation, and the whole sentence that it gives.
    struct Mistake: CustomTestStringConvertible, Sendable {
        let old: String
        let new: String
        let sentence: String
        var testDescription: String { sentence }

        init(_ old: String, _ new: String, _ sentence: String) {
            self.old = old
            self.new = new
            self.sentence = sentence
        }
    }

    static let eu =
        "eu: {jurisdictions: [EU], replicas: 3, leaderPreference: [eu-west, eu-central], survive: region, "
        + "maxStaleness: 60s}"
    static let euNorth = "eu-north: {cloud: azure, jurisdictions: [EU]}"
    static let euNorthNode =
        "  - {name: eu-north, number: 3, region: eu-north, host: 127.0.0.1, peerPort: 7103, apiPort: 7203, "
        + "metricsPort: 7303}\n"
    static let nameRule = "is not a name: 1-63 of a-z, 0-9 and -, beginning and ending with a letter or digit"

    static let syntax: [Mistake] = [
        Mistake(
            "trustDomain: claviger.local", "trustDomian: claviger.local",
            "local.yaml: trustDomian: unknown key; known here: cluster, trustDomain, operators, clouds, regions, "
                + "nodes, directory, placements, timing"),
        Mistake(
            "  name: local", "  name: local\n  nmae: x", "local.yaml: cluster.nmae: unknown key; known here: name, id"),
        Mistake("  name: local", "  name: local\n  name: x", "local.yaml: line 3: duplicate key 'name'"),
        Mistake("  name: local", "  {}", "local.yaml: cluster: 'name' is missing"),
        Mistake("  name: local", "  name:", "local.yaml: cluster.name: is empty"),
        Mistake("  name: local", "  name: [local]", "local.yaml: cluster.name: expected a text"),
        Mistake("number: 1,", "number: 0,", "local.yaml: nodes[0].number: '0' is not a whole number from 1 to 65535"),
        Mistake(
            "number: 1,", "number: 65536,", "local.yaml: nodes[0].number: '65536' is not a whole number from 1 to 65535"
        ),
        Mistake(
            "maxStaleness: 60s}", "maxStaleness: 1 minute}",
            "local.yaml: placements.eu.maxStaleness: '1 minute' is not a duration; write it as 250ms, 10s, 5m or 24h"),
        Mistake(
            "survive: region", "survive: cloud",
            "local.yaml: placements.eu.survive: 'cloud' is neither 'region' nor 'node'"),
        Mistake(
            "[aws, gcp, azure]", "[aws, gcp, azuer]",
            "local.yaml: regions.eu-north.cloud: 'azure' is not in clouds: aws, gcp, azuer"),
        Mistake(
            "operators:\n  - spiffe://", "operators:\n  - https://",
            "local.yaml: operators[0]: 'https://claviger.local/operator/admin' does not begin with spiffe://"),
        Mistake(
            "[eu-west, eu-central]", "[eu-west, eu-west]",
            "local.yaml: placements.eu.leaderPreference[1]: 'eu-west' is listed twice"),
        Mistake(
            "  name: local", "  name: local\n  id: abc", "local.yaml: cluster.id: a cluster id is 32 hexadecimal digits"
        ),
    ]

    static let names: [Mistake] = [
        Mistake(
            "name: local", "name: Local",
            "local.yaml: cluster.name: 'Local' \(nameRule)"),
        Mistake(
            "trustDomain: claviger.local", "trustDomain: Claviger",
            "local.yaml: trustDomain: 'Claviger' is not a trust domain: a-z, 0-9, '.', '-' and '_'"),
        Mistake(
            "spiffe://claviger.local/operator/admin", "spiffe://elsewhere/operator/admin",
            "local.yaml: operators[0]: spiffe://elsewhere/operator/admin is not in the trust domain claviger.local"),
        Mistake(
            "local/operator/admin", "local/region/eu-west/node/eu-west",
            "local.yaml: operators[0]: spiffe://claviger.local/region/eu-west/node/eu-west is the identity of a node, "
                + "not of a person"),
        Mistake(
            "name: eu-central, number", "name: eu-west, number",
            "local.yaml: nodes[1].name: another node is named 'eu-west'"),
        Mistake("number: 2,", "number: 1,", "local.yaml: nodes[1].number: 1 is already the number of 'eu-west'"),
        Mistake("region: eu-west,", "region: eu-wset,", "local.yaml: nodes[0].region: there is no region 'eu-wset'"),
        Mistake("host: 127.0.0.1", "host: a b", "local.yaml: nodes[0].host: 'a b' is not a host name or address"),
        Mistake(
            "apiPort: 7202", "apiPort: 7101",
            "local.yaml: nodes[1].apiPort: port 7101 of 127.0.0.1 is already nodes[0].peerPort"),
        Mistake(
            "[eu-west, eu-central, eu-north, us-east, us-central]", "[eu-west, eu-central]",
            "local.yaml: directory.voters: 2 voters are not an odd number"),
        Mistake(
            "[eu-west, eu-central, eu-north, us-east, us-central]", "[mars]",
            "local.yaml: directory.voters[0]: there is no node 'mars'"),
        Mistake(
            "region: eu-central,", "region: eu-west,",
            "local.yaml: directory.voters[1]: 'eu-central' is in region 'eu-west' as 'eu-west' is; spread the voters"),
        Mistake(
            "placements:", "timing: {election: 200ms}\nplacements:",
            "local.yaml: timing.election: 200ms is not from three heartbeats to 10m; ten heartbeats are usual"),
    ]

    static let placements: [Mistake] = [
        Mistake(
            euNorth, "eu-north: {cloud: azure, jurisdictions: [NO]}",
            "local.yaml: placements.eu.replicas: 3 replicas cannot be placed: only 2 regions are in EU"),
        Mistake(
            "jurisdictions: [EU], replicas: 3", "jurisdictions: [EU, US], replicas: 4",
            "local.yaml: placements.eu.replicas: 4 is neither 3 nor 5"),
        Mistake(
            "replicas: 3, leaderPreference: [eu-west, eu-central], survive: region",
            "replicas: 5, leaderPreference: [eu-west, eu-central], survive: node",
            "local.yaml: placements.eu.replicas: 5 replicas cannot be placed: only 3 nodes are in EU"),
        Mistake(
            "replicas: 3, leaderPreference: [eu-west, eu-central]", "replicas: 3, leaderPreference: [us-east]",
            "local.yaml: placements.eu.leaderPreference[0]: 'us-east' is not in EU"),
        Mistake(
            "[EU], replicas", "[], replicas",
            "local.yaml: placements.eu.jurisdictions: at least one jurisdiction is needed"),
        Mistake(
            "[EU], replicas", "[eu], replicas",
            "local.yaml: placements.eu.jurisdictions[0]: 'eu' is not a jurisdiction: A-Z, 0-9 and -, as EU or US-CA"),
        Mistake(
            "[EU], replicas", "[EU, CH], replicas", "local.yaml: placements.eu.jurisdictions[1]: no region is in CH"),
        Mistake(
            "maxStaleness: 60s}", "maxStaleness: 4s}",
            "local.yaml: placements.eu.maxStaleness: 4s is not from 5s to 24h"),
        Mistake(
            "maxStaleness: 60s}", "maxStaleness: 25h}",
            "local.yaml: placements.eu.maxStaleness: 25h is not from 5s to 24h"),
        Mistake(
            "maxStaleness: 60s}", "maxStaleness: 60s, servePlaintextAt: [US]}",
            "local.yaml: placements.eu.servePlaintextAt[0]: no region that may hold the keys (EU) is in US"),
        Mistake(
            "  eu: {", "  EU: {",
            "local.yaml: placements.EU: 'EU' \(nameRule)"),
    ]

    @Test("Each mistake gives one sentence with the path of the value", arguments: syntax + names + placements)
    func mistake(_ mistake: Mistake) throws {
        let text = try LocalTopology.text(replacing: mistake.old, with: mistake.new)
        let error = #expect(throws: TopologyError.self) { try FederationTopology.parse(text, source: "local.yaml") }
        #expect(error?.description == mistake.sentence)
    }

    @Test("A region without a node cannot take a replica")
    func emptyRegion() throws {
        let text = try LocalTopology.text(replacing: Self.euNorthNode, with: "")
            .split(separator: "\n").filter { !$0.contains("voters") && !$0.hasPrefix("directory") }.joined(
                separator: "\n")
        let error = #expect(throws: TopologyError.self) { try FederationTopology.parse(text, source: "t") }
        #expect(
            error?.description
                == "t: placements.eu.replicas: 3 replicas cannot be placed: only 2 of the regions in EU have a node")
    }

    @Test("Text that is no YAML gives its line", arguments: ["cluster: [", "a: b: c", "\t- x", ""])
    func notYAML(_ text: String) {
        let error = #expect(throws: TopologyError.self) { try FederationTopology.parse(text, source: "t") }
        #expect(error?.place == "t")
        #expect(error?.problem.isEmpty == false)
    }

    @Test("Aliases that multiply are refused, not expanded")
    func aliasBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            let items = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(throws: TopologyError.self) { try FederationTopology.parse(text, source: "t") }
    }
}
