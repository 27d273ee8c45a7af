import Cluster
import KeyModel
import KeyReplication
import Raft
import Storage

/// Commands that print what is.
extension ShardCall {
    func show() throws(ScenarioError) {
        let group = try group()
        for node in try nodes() {
            guard node.condition != .down else {
                stage.line(of: node, "down")
                continue
            }
            switch directive.command {
            case "state":
                stage.line(of: node, node.status(of: group).map(StageText.status) ?? "does not have the group")
            case "rows": stage.line(of: node, rows(of: group, on: node))
            case "fresh": stage.line(of: node, freshness(of: group, on: node))
            default: keys(of: group, on: node)
            }
        }
    }

    /// At most eight rows, then how many there are.
    private func rows(of group: GroupID, on node: StageNode) -> String {
        guard let table = try? node.store.table(of: group),
            let rows = try? table.rows(withPrefix: [], after: nil, limit: 10_000)
        else { return "no rows can be read" }
        guard rows.count <= 8 else { return "\(rows.count) rows" }
        return rows.isEmpty
            ? "no rows"
            : rows.map { row in
                "\(String(decoding: row.key, as: UTF8.self))=\(String(decoding: row.value, as: UTF8.self))"
            }.joined(separator: " ")
    }

    private func freshness(of group: GroupID, on node: StageNode) -> String {
        guard let gauge = node.gauges.first(where: { $0.group == group }) else { return "does not have the group" }
        if gauge.isStopped { return "must not serve" }
        guard gauge.freshAt > 0 else { return "was never confirmed" }
        return "confirmed as of \((node.clock - gauge.freshAt) / 1_000_000) ms ago"
    }

    private func keys(of group: GroupID, on node: StageNode) {
        guard case .keys(let machine)? = node.machine(of: group) else {
            return stage.line(of: node, "has no keys")
        }
        let view = machine.view
        let holders = StageText.names(view.holders.map { ReplicaID($0.replica) })
        stage.line(of: node, "level \(view.featureLevel), \(view.keyCount) keys, holders \(holders)")
        for entry in view.keys(limit: 8) { stage.line(of: node, StageText.key(entry.key)) }
        for epoch in view.epochs {
            stage.line(of: node, "epoch \(epoch.number) \(epoch.state), \(epoch.tenantKeys) tenant keys")
        }
    }
}
