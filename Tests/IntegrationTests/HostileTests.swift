import Adversary
import ClientAPI
import Testing
import Topology

/// A smaller volume of what `claviger-bench hostile` throws.
@Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.absence), .timeLimit(.minutes(4)))
struct HostileTests {
    @Test("Malformed input on every port disturbs nobody", arguments: [UInt64(20_261_123)])
    func hostile(seed: UInt64) async throws {
        // us-east never runs: the attacker has its certificate.
        try await TestFederation.run(without: ["us-east"]) { federation, client in
            try await eventually("the policy for the plugin is stored") {
                _ = try await client.putPolicy(placement: "eu", name: "plugin", document: Self.policy)
                return true
            }
            let name = try await federation.leader(client)
            let holders = federation.federation.topology.nodes.filter { TestFederation.holders.contains($0.name) }
            let plugin = try LocalPlugin(
                "eu", key: TestFederation.key, endpoints: holders.map(\.apiEndpoint), regions: holders.map(\.region),
                program: Programs.plugin, layout: federation.federation.layout)
            defer { plugin.stop() }
            try await blocking { try plugin.waitUntilServing() }
            let ground = HostileGround(
                federation: federation.federation, target: try federation.node(name),
                captured: try federation.node("us-east"), plugin: plugin, key: TestFederation.key)
            try await eventually("the plugin serves") {
                try await ground.checkPlugin()
                return true
            }
            let report = try await HostileRun(ground, inputs: 4000, seed: seed).run()
            #expect(report.broken.isEmpty, "\(report.broken)")
            for attack in report.attacks {
                #expect(attack.inputs >= 4000)
                for kind in attack.kinds { #expect(kind.inputs > 0, "\(attack.port): \(kind.kind)") }
            }
            #expect(LocalFederation.isReady(try federation.node(name)))
        }
    }

    private static let policy = """
        statements:
          - id: plugin
            effect: allow
            principals: ["spiffe://claviger.local/workload/kms-eu"]
            actions: [use, describeKey]
            keys: {tenant: acme}

        """
}
