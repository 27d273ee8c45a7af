import ClientAPI
import Foundation
import Glibc
import Testing
import Topology

/// `claviger drill region-loss` as an operator runs it. In these federations each region has one node, of its name.
@Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.absence), .timeLimit(.minutes(3)))
struct DrillTests {
    @Test("The loss of a leading region is measured, costs no write, and leaves every node in service")
    func leadingRegion() async throws {
        try await TestFederation.run { federation, client in
            try await refuseWithoutPolicy(federation, client)
            try await allow(federation)
            let metrics = "\(federation.federation.layout.root)/drill.prom"
            try PrivateFile.write("of the drill before\n", to: metrics)
            let (region, term) = try await leadership(client)
            let ending = try await OperatorCommand.run(
                Self.drill(region, hold: "2s") + ["--metrics", metrics, "--output", "json"], in: federation,
                within: .seconds(45))
            try #require(ending.code == 0, "\(ending)")
            let report = try ending.decoded(DrillReport.self)
            try expectFigures(report, region)
            try expectMetrics(metrics, report)
            // A call that is sent again finds it on its way, or away.
            let departed = try departures(federation)
            #expect(Set(departed) == [region], "\(departed)")

            let status = try await status(federation)
            #expect(status.nodes.first { $0.node == region }?.health == "good", "\(status.nodes)")
            #expect(!status.nodes.contains { $0.health == "isolated" }, "\(status.nodes)")
            let group = try #require(status.groups.first { $0.name == "eu" })
            #expect(group.term > term, "nobody else has led")
            let key = try await client.describeKey(Self.key, confirmed: true)
            let acknowledged = report.written.map(\.acknowledged).reduce(0, +)
            #expect(key.generation > UInt64(acknowledged), "each write is a generation after the key's first")
        }
    }

    @Test("Ctrl-C brings the nodes back at once, and what would take too much does not begin")
    func interruptionAndRefusals() async throws {
        try await TestFederation.run { federation, client in
            try await refuseRegions(federation)
            try await allow(federation)
            try await interrupt(federation, client)
            try await refuseWithoutMajority(federation, client)
        }
    }

    // MARK: Parts

    /// Being an operator is not enough to use keys, and the command says what is.
    private func refuseWithoutPolicy(_ federation: TestFederation, _ client: ClavigerClient) async throws {
        let (region, _) = try await leadership(client)
        let ending = try await OperatorCommand.run(Self.drill(region, hold: "2s"), in: federation)
        #expect(ending.code == 1, "\(ending)")
        #expect(ending.text.contains("claviger policy put eu drill FILE"), "\(ending)")
        // Whom to allow is the operator's to fill in.
        for line in try DrillPage.policy().split(separator: "\n") where !line.contains("principals:") {
            #expect(ending.text.contains(line), "\(line) is missing; \(ending)")
        }
        #expect(try departures(federation) == [])
        await #expect(throws: ClientError(.keyNotFound, "")) {
            _ = try await client.describeKey(Self.key, confirmed: true)
        }
    }

    /// Stores the policy that the documentation gives, as the refusal says.
    private func allow(_ federation: TestFederation) async throws {
        let file = "\(federation.federation.layout.root)/drill.yaml"
        try PrivateFile.write(try DrillPage.policy(), to: file)
        let ending = try await OperatorCommand.run(["policy", "put", "eu", "drill", file], in: federation)
        try #require(ending.code == 0, "\(ending)")
    }

    private func refuseRegions(_ federation: TestFederation) async throws {
        let unknown = try await OperatorCommand.run(Self.drill("atlantis", hold: "2s"), in: federation)
        #expect(unknown.code == 1 && unknown.text.contains("there is no 'atlantis'"), "\(unknown)")
        for region in federation.federation.topology.regions {
            #expect(unknown.text.contains(region.name), "\(region.name) is not named; \(unknown)")
        }
        let outside = try await OperatorCommand.run(Self.drill("us-east", hold: "2s"), in: federation)
        #expect(outside.code == 1 && outside.text.contains("no placement has a replica in 'us-east'"), "\(outside)")
        let brief = try await OperatorCommand.run(Self.drill("eu-west", hold: "500ms"), in: federation)
        #expect(brief.code == 2 && brief.text.contains("--hold: 500ms is not from 1s to 30m"), "\(brief)")
        #expect(try departures(federation) == [])
    }

    private func interrupt(_ federation: TestFederation, _ client: ClavigerClient) async throws {
        let (region, _) = try await leadership(client)
        let node = try federation.node(region)
        let drill = try OperatorCommand(Self.drill(region, hold: "60s"), in: federation)
        defer { drill.kill() }
        try await eventually("node \(region) leaves service") {
            if let ending = try drill.ending() { throw Missed("the drill has ended, \(ending)") }
            return try await isolation(of: region, client) > 0
        }
        #expect(!LocalFederation.isReady(node))
        await #expect(throws: ClientError(.unreachable, "")) {
            _ = try await client.encrypt(key: Self.key, plaintext: [1], at: region)
        }
        let status = try await status(federation)
        #expect(status.nodes.first { $0.node == region }?.health == "isolated", "\(status.nodes)")
        _ = try await client.createKey("eu/acme/during-the-drill")

        // By itself it would stay away longer than the command may now take.
        #expect(try await isolation(of: region, client) > 30)
        try #require(drill.send(SIGINT))
        let ending = try await drill.end(within: .seconds(15))
        #expect(ending.code == 1, "\(ending)")
        #expect(ending.text.contains("interrupted; all nodes are back in service"), "\(ending)")
        for name in TestFederation.holders { #expect(try await isolation(of: name, client) == 0, "\(name)") }
        try await eventually("node \(region) serves again", within: .seconds(15)) {
            _ = try await client.encrypt(key: Self.key, plaintext: [1], at: region)
            return LocalFederation.isReady(node)
        }
    }

    private func refuseWithoutMajority(_ federation: TestFederation, _ client: ClavigerClient) async throws {
        let (region, _) = try await leadership(client)
        let before = try departures(federation)
        let killed = try #require(TestFederation.holders.first { $0 != region })
        try #require(try federation.process(killed).crash())
        let ending = try await OperatorCommand.run(Self.drill(region, hold: "2s"), in: federation)
        #expect(ending.code == 1, "\(ending)")
        let reason = "the drill is refused: placement eu: \(killed) stays, but is unreachable"
        #expect(ending.text.contains(reason) && ending.text.contains("--force"), "\(ending)")
        for name in TestFederation.holders where name != killed {
            #expect(try await isolation(of: name, client) == 0, "\(name)")
        }
        #expect(try departures(federation) == before)
    }

    // MARK: What a drill says

    private func expectFigures(_ report: DrillReport, _ region: String) throws {
        #expect(report.drill == "region-loss" && report.region == region && report.isolated == [region])
        #expect(report.isGood && report.problems.isEmpty, "\(report.problems)")
        #expect(abs(report.started - Date().timeIntervalSince1970) < 600)
        let clients = Dictionary(grouping: report.rows, by: \.kind).mapValues { $0.map(\.clients).sorted() }
        #expect(clients == ["writes": [""], "crypto": TestFederation.holders.sorted()])
        for row in report.rows {
            #expect(row.placement == "eu" && row.isMet && row.calls > row.failed, "\(row)")
            #expect(row.failures.values.reduce(0, +) == row.failed, "\(row)")
            #expect(row.bound == (row.kind == "writes" ? 10 : 5), "\(row)")
            #expect(row.longestGap > 0 && row.longestGap <= row.bound && row.longestCall > 0, "\(row)")
        }
        let written = try #require(report.written.first)
        #expect(report.written.count == 1 && written.placement == "eu", "\(report.written)")
        #expect(written.acknowledged > 0 && written.lost == 0 && written.isVerified, "\(written)")
    }

    /// A collector finds every name that the documentation promises, no other, and the figures of the report.
    private func expectMetrics(_ path: String, _ report: DrillReport) throws {
        let metrics = try PrometheusText(parsing: try TextFile.read(path, limit: 1 << 20))
        #expect(PrivateFile.permissions(of: path) == 0o644)
        let documented = try DrillPage.metrics()
        #expect(documented.count > 1 && Set(metrics.samples.map(\.name)) == documented)
        for sample in metrics.samples {
            #expect(sample.labels["drill"] == "region-loss" && sample.labels["region"] == report.region, "\(sample)")
        }
        let rows = report.rows
        let expected: [String: [Double]] = [
            "success": [1], "last_run_timestamp_seconds": [report.started], "lost_writes": [0],
            "acknowledged_writes": report.written.map { Double($0.acknowledged) },
            "longest_gap_seconds": rows.map(\.longestGap), "gap_bound_seconds": rows.map(\.bound),
            "calls": rows.map { Double($0.calls) }, "failed_calls": rows.map { Double($0.failed) },
        ]
        for (name, values) in expected { #expect(metrics.values("claviger_drill_\(name)") == values, "\(name)") }
        let gaps = metrics.samples.filter { $0.name == "claviger_drill_longest_gap_seconds" }.map(\.labels)
        #expect(gaps.map { $0["placement"] } == rows.map(\.placement))
        #expect(gaps.map { $0["kind"] } == rows.map(\.kind) && gaps.map { $0["clients"] } == rows.map(\.clients))
    }

    private struct DrillReport: Decodable {
        struct Row: Decodable {
            let placement: String
            let kind: String
            let clients: String
            let calls: Int
            let failed: Int
            let failures: [String: Int]
            let longestGap: Double
            let bound: Double
            let isMet: Bool
            let longestCall: Double
        }

        struct Written: Decodable {
            let placement: String
            let acknowledged: Int
            let lost: Int
            let isVerified: Bool
        }

        let drill: String
        let region: String
        let started: Double
        let isolated: [String]
        let rows: [Row]
        let written: [Written]
        let problems: [String]
        let isGood: Bool
    }

    // MARK: Looking

    private static let key = "eu/drill/canary"

    private static func drill(_ region: String, hold: String) -> [String] {
        [
            "drill", "region-loss", "--region", region, "--hold", hold, "--around", "1s", "--writes-back", "10s",
            "--crypto-gap", "5s",
        ]
    }

    /// Who leads the placement by its own word, and in which term.
    private func leadership(_ client: ClavigerClient) async throws -> (node: String, term: UInt64) {
        var found: (node: String, term: UInt64)?
        try await eventually("a holder says that it leads 'eu'") {
            for holder in TestFederation.holders where found == nil {
                let groups = try await client.nodeStatus(node: holder).groups
                let led = groups.first { $0.placement == "eu" && $0.leader == holder }
                found = led.map { (holder, $0.term) }
            }
            return found != nil
        }
        return try #require(found)
    }

    /// For how many seconds a node is still out of service.
    private func isolation(of node: String, _ client: ClavigerClient) async throws -> UInt32 {
        try await client.nodeStatus(node: node).isolatedSeconds
    }

    /// Nodes that have left service since they were started, each as often as it did.
    private func departures(_ federation: TestFederation) throws -> [String] {
        try federation.federation.topology.nodes.flatMap { node in
            let log = try TextFile.read(federation.files(node.name).logPath, limit: 1 << 26)
            return log.split(separator: "\n").filter { $0.contains("leaving service for a drill") }
                .map { _ in node.name }
        }
    }

    private func status(_ federation: TestFederation) async throws -> StatusReport {
        let ending = try await OperatorCommand.run(["cluster", "status", "--output", "json"], in: federation)
        try #require(ending.code == 0, "\(ending)")
        return try ending.decoded(StatusReport.self)
    }

    private struct StatusReport: Decodable {
        struct Node: Decodable {
            let node: String
            let health: String
        }

        struct Group: Decodable {
            let name: String
            let term: UInt64
        }

        let nodes: [Node]
        let groups: [Group]
    }
}

/// What docs/chaos.md says of drills.
private enum DrillPage {
    /// The policy that allows the command to use its key.
    static func policy() throws -> String {
        let blocks = try text().components(separatedBy: "```")
        guard let block = blocks.first(where: { $0.hasPrefix("yaml\n") && $0.contains("id: drill") }) else {
            throw Missed("docs/chaos.md has no policy for drills")
        }
        return String(block.dropFirst("yaml\n".count))
    }

    /// Names that `--metrics` writes.
    static func metrics() throws -> Set<String> {
        Set(try text().matches(of: /claviger_drill_\w+/).map { String($0.output) })
    }

    private static func text() throws -> String {
        try TextFile.read("\(Programs.root)/docs/chaos.md", limit: 1 << 20)
    }
}
