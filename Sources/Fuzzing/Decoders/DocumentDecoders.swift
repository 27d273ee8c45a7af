import FrontDoors
import KeyModel
import KubernetesDoor
import Topology

/// What people write, and what names them.
enum DocumentDecoders {
    static let all = [policy, topology, plugin, keyName, spiffeID]

    static func text(_ input: [UInt8]) -> String? { String(validating: input, as: UTF8.self) }

    private static let policy = FuzzedDecoder(
        "policy-document", from: "a caller", shape: .text,
        seeds: {
            [
                """
                # Who may use the clusters' keys.
                statements:
                  - id: clusters
                    effect: allow
                    principals: ["spiffe://example.org/workload/*", spiffe://example.org/node/eu-1]
                    actions: [use, describeKey]
                    keys: {tenant: acme, name: "k8s*", tags: {team: platform}}
                    when: [{key: purpose, equals: backup}, {key: zone, prefix: eu-}, {key: run, present: true}]
                  - id: nobody
                    effect: forbid
                    principals: [spiffe://example.org/workload/old]
                    actions: [decrypt]
                    keys:
                      placement: eu
                """,
                #"{"statements":[{"id":"s","effect":"allow","principals":["spiffe://d/x"],"actions":["use"]}]}"#,
            ].map { Array($0.utf8) }
        },
        examine: { input in
            guard let text = text(input),
                let policy = FuzzedDecoder.decoded(input, { _ in try PolicyDocument.parse(text, name: "p") })
            else { return .refused }
            // What is stored is the statements; the text made of them must say the same.
            let again = try FuzzedDecoder.proven("the text of a policy is not read") {
                try PolicyDocument.parse(PolicyDocument.text(of: policy), name: "p")
            }
            guard again.statements == policy.statements else { throw FuzzFinding("the text of a policy says less") }
            return .accepted
        })

    private static let topology = FuzzedDecoder(
        "topology", from: "an operator", shape: .text,
        seeds: { [Array(localTopology.utf8)] },
        examine: { input in
            guard let text = text(input),
                let topology = FuzzedDecoder.decoded(input, { _ in try FederationTopology.parse(text, source: "t") })
            else { return .refused }
            let names = topology.directoryVoters.allSatisfy { topology.node(named: $0) != nil }
            let regions = topology.nodes.allSatisfy { topology.region(named: $0.region) != nil }
            guard names, regions, topology.clusterID.count == 16 else {
                throw FuzzFinding("a topology with names that nothing bears")
            }
            return .accepted
        })

    private static let localTopology = """
        cluster:
          name: local
        trustDomain: claviger.local
        operators:
          - spiffe://claviger.local/operator/admin
        clouds: [aws, gcp]
        regions:
          eu-west: {cloud: aws, jurisdictions: [EU]}
          eu-central: {cloud: gcp, jurisdictions: [DE, EU]}
          eu-north: {cloud: aws, jurisdictions: [EU]}
        nodes:
          - {name: a, number: 1, region: eu-west, host: 127.0.0.1, peerPort: 7101, apiPort: 7201, metricsPort: 7301}
          - {name: b, number: 2, region: eu-central, host: "::1", peerPort: 7102, apiPort: 7202, metricsPort: 7302}
          - {name: c, number: 3, region: eu-north, host: node-c, peerPort: 7103, apiPort: 7203, metricsPort: 7303}
        directory:
          voters: [a, b, c]
        placements:
          eu: {jurisdictions: [EU, DE], replicas: 3, leaderPreference: [eu-west], survive: region, maxStaleness: 60s}
        timing: {heartbeat: 100ms, election: 1s, tick: 10ms}
        """

    private static let plugin = FuzzedDecoder(
        "plugin-configuration", from: "an operator", shape: .text,
        seeds: {
            [
                """
                socket: /run/claviger/kms.sock
                socketMode: 0660
                socketOwner: 0
                key: eu/acme/k8s.orders_1
                endpoints: [127.0.0.1:7201, "[::1]:7202"]
                regions: [eu-west]
                identity: /etc/claviger/identity
                trustDomain: claviger.local
                statusRefresh: 2s
                proofInterval: 1m
                allowedUIDs: [0, 1000]
                logLevel: info
                """
            ].map { Array($0.utf8) }
        },
        examine: { input in
            guard let text = text(input),
                let plugin = FuzzedDecoder.decoded(input, { _ in try PluginConfiguration.parse(text, source: "p") })
            else { return .refused }
            guard plugin.endpoints.allSatisfy({ (1...65_535).contains($0.port) && !$0.host.isEmpty }),
                plugin.key.utf8.split(separator: UInt8(ascii: "/")).count == 3
            else { throw FuzzFinding("a configuration that says nothing") }
            return .accepted
        })

    private static let keyName = FuzzedDecoder(
        "key-name", from: "a caller", shape: .text, isCanonical: true,
        seeds: { ["eu/acme/orders", "eu/a-1/k8s.orders_1"].map { Array($0.utf8) } },
        decode: { input in try text(input).map { try KeyName(parsing: $0) } }, encode: { Array($0.description.utf8) })

    private static let spiffeID = FuzzedDecoder(
        "spiffe-id", from: "a certificate", shape: .text, isCanonical: true,
        seeds: {
            [
                "spiffe://claviger.local/region/eu-west/node/eu-west-1", "spiffe://claviger.local",
                "spiffe://a.b_c-1/workload/kms.Plugin",
            ].map { Array($0.utf8) }
        }, decode: { input in try text(input).map { try SPIFFEID($0) } }, encode: { Array($0.uri.utf8) },
        and: NodeNames.compare)
}
