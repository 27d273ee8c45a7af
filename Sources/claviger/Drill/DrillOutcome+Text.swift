import Topology

extension DrillOutcome {
    /// For a person: a line for each probe, what was written and read back, and the verdict.
    var text: String {
        let table = Output.table(Self.columns, of: rows)
        let writes = written.map { written in
            let found = written.isVerified ? "\(written.lost) lost" : "and nobody could say which are there"
            return "\(written.placement): \(written.acknowledged) acknowledged writes, \(found)"
        }
        let verdict = isGood ? "PASS" : "FAIL"
        let nodes = isolated.joined(separator: ", ")
        return
            ([table, ""] + writes + problems + ["\(verdict): loss of \(region) (\(nodes) out of service)"])
            .joined(separator: "\n")
    }

    private static let columns: [Column<Row>] = [
        Column("placement") { $0.placement }, Column("probe") { $0.kind.rawValue },
        Column("clients in") { $0.clients.isEmpty ? "-" : $0.clients }, Column("calls") { "\($0.calls)" },
        Column("failed") { $0.failed == 0 ? "0" : "\($0.failed) (\(codes($0)))" },
        Column("longest gap") { "\($0.longestGap) s" }, Column("bound") { "\($0.bound) s" },
        Column("met") { $0.isMet ? "yes" : "NO" },
    ]

    private static func codes(_ row: Row) -> String {
        row.failures.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}
