import ClientAPI
import KubernetesDoor
import Topology

/// What must not be found in the US, and what the running nodes said.
struct DemoCanaries: Sendable {
    let patterns: [CanarySearch.Pattern]
    /// The pages of `/metrics` of the nodes in the US, by node.
    let metrics: [String: String]
}

/// Asks every node what it holds, and collects what is searched for afterwards.
struct VerificationChapter {
    let stage: DemoStage
    let report: DemoReport
    let admin: ClavigerClient

    func run(plugins: DemoPlugins, load: KMSLoad, writes: WriteLoad) async throws -> DemoCanaries {
        report.chapter("Where everything is")
        let survey = try await FederationSurvey.take(admin)
        let verdict = PlacementVerdict(survey.evidence)
        for placement in ["eu", "us"] {
            let rows = verdict.rows.filter { $0.placement == placement }
            report.check(
                rows.count == 3 && rows.allSatisfy { $0.standing == .holder && !$0.epochs.isEmpty },
                "placement '\(placement)': replicas and epoch keys at its three holders and nowhere else",
                rows.map(\.node).joined(separator: ", "))
        }
        report.check(
            verdict.isClean(allowingGaps: false), "placement verify: all nodes answered, nothing is outside",
            (verdict.violations + verdict.gaps).joined(separator: "; "))
        return DemoCanaries(patterns: try await patterns(plugins, load, writes), metrics: pages())
    }

    private func patterns(
        _ plugins: DemoPlugins, _ load: KMSLoad, _ writes: WriteLoad
    ) async throws -> [CanarySearch.Pattern] {
        var patterns = [CanarySearch.Pattern(label: "EU tenant", bytes: Array(stage.euTenant.utf8))].compactMap { $0 }
        for name in [stage.euKey] + writes.acknowledged.keys.keys.sorted().prefix(8) {
            let id = Array(try await admin.describeKey(name).id)
            patterns += CanarySearch.patterns(label: "id of \(name)", secret: id)
        }
        for socket in plugins.sockets where socket.placement == "eu" {
            let keyID = Array(try await socket.status().keyID.utf8)
            patterns += [CanarySearch.Pattern(label: "key_id of the EU cluster", bytes: keyID)].compactMap { $0 }
        }
        for plaintext in load.tally.plaintexts {
            patterns += CanarySearch.patterns(label: "plaintext of the EU cluster", secret: plaintext)
        }
        return patterns
    }

    private func pages() -> [String: String] {
        var pages: [String: String] = [:]
        for node in stage.nodes(in: "US") {
            pages[node.name] = LoopbackProbe.text(host: "127.0.0.1", port: node.metricsPort, path: "/metrics")
        }
        return pages
    }
}
