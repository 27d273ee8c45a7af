import Topology

/// Searches every file of the US nodes and of the US plugin, and what their metrics said, for anything of the EU.
struct CanaryChapter {
    let stage: DemoStage
    let report: DemoReport

    func run(_ canaries: DemoCanaries) throws {
        let search = CanarySearch(patterns: canaries.patterns)
        let american = stage.nodes(in: "US")
        var findings = CanaryFindings()
        for node in american { try search.search(stage.layout.node(node.name).path, into: &findings) }
        for name in ["kms-us.log", "kms-us.yaml"] { try search.search("\(stage.layout.root)/\(name)", into: &findings) }
        report.check(
            findings.hits.isEmpty && findings.files > 0,
            "no trace of EU tenants, key ids or plaintexts on any disk in the US",
            "\(findings.hits.count) hits for \(canaries.patterns.count) patterns in \(findings.files) files, "
                + "\(findings.bytes / 1_000_000) MB" + Self.describe(findings))
        let pages = canaries.metrics.values.map { Array($0.utf8).withUnsafeBytes { search.hits(in: $0).count } }
        report.check(
            pages.count == american.count && pages.allSatisfy { $0 == 0 }, "nor in what the US nodes tell at /metrics",
            "\(pages.reduce(0, +)) hits in \(pages.count) pages")
        try control(canaries)
    }

    /// A search that finds nothing anywhere would prove nothing: at home it must find the names, and no plaintext even
    /// there.
    private func control(_ canaries: DemoCanaries) throws {
        var home = CanaryFindings()
        let search = CanarySearch(patterns: canaries.patterns)
        for node in stage.nodes(in: "EU") { try search.search(stage.layout.node(node.name).path, into: &home) }
        let plaintexts = home.hits.count { $0.label.hasPrefix("plaintext") }
        report.check(
            home.hits.count > plaintexts, "the same search does find the EU's names on disks in the EU",
            "\(home.hits.count - plaintexts) hits")
        report.check(plaintexts == 0, "no plaintext is on any disk, not even there", "\(plaintexts) hits")
    }

    private static func describe(_ findings: CanaryFindings) -> String {
        findings.hits.prefix(3).map { "; \($0.label) in \($0.path)" }.joined()
    }
}
