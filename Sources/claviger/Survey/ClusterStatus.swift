import ClientAPI

/// What `cluster status` shows.
struct ClusterStatus: Encodable {
    struct NodeRow: Encodable {
        let node: String
        let number: UInt32
        let region: String
        let cloud: String
        let jurisdictions: [String]
        /// `good`, `sealed`, `draining`, `isolated` or `unreachable`.
        let health: String
        let version: String
        let started: String
        /// Why the node has not answered.
        let problem: String?
    }

    struct ReplicaRow: Encodable {
        let node: String
        let isVoter: Bool
        /// By the node's own word; nil if it has not answered.
        let applied: UInt64?
    }

    struct GroupRow: Encodable {
        let group: UInt64
        let name: String
        let leader: String
        let term: UInt64
        let commit: UInt64
        /// The least of the replicas that answered.
        let applied: UInt64
        /// Entries that the slowest replica that answered has still to apply.
        let lag: UInt64
        /// Of the stalest replica that answered.
        let freshnessMilliseconds: UInt64
        let replicas: [ReplicaRow]
    }

    let answeredBy: String
    let nodes: [NodeRow]
    let groups: [GroupRow]

    init(_ survey: FederationSurvey) {
        answeredBy = survey.federation.answeredBy
        nodes = survey.federation.nodes.map { Self.row(of: $0, survey) }
        var views: [UInt64: [(node: String, group: Claviger_V1_Group)]] = [:]
        for node in survey.federation.nodes {
            for group in survey.answer(of: node.name)?.status.groups ?? [] {
                views[group.id, default: []].append((node.name, group))
            }
        }
        var known = survey.federation.groups.map(\.id)
        for id in views.keys.sorted() where !known.contains(id) { known.append(id) }
        groups = known.sorted().compactMap { id in
            Self.row(of: id, views[id] ?? [], described: survey.federation.groups.first { $0.id == id }, survey)
        }
    }

    private static func row(of node: Claviger_V1_Node, _ survey: FederationSurvey) -> NodeRow {
        let region = survey.region(named: node.region)
        let status = survey.answer(of: node.name)?.status
        let health =
            switch status {
            case nil: "unreachable"
            case .some(let status) where status.isSealed: "sealed"
            case .some(let status) where status.isDraining: "draining"
            case .some(let status) where status.isolatedSeconds > 0: "isolated"
            case .some: "good"
            }
        return NodeRow(
            node: node.name, number: node.number, region: node.region, cloud: region?.cloud ?? "",
            jurisdictions: region?.jurisdictions ?? [], health: health, version: status?.version ?? "-",
            started: Timestamp.text(status?.started ?? 0), problem: survey.silence(of: node.name))
    }

    private static func row(
        of id: UInt64, _ views: [(node: String, group: Claviger_V1_Group)], described: Claviger_V1_Group?,
        _ survey: FederationSurvey
    ) -> GroupRow? {
        // The newest term knows best who leads; in it the leader itself knows its replicas.
        let newest = views.max { $0.group.term < $1.group.term }?.group ?? described
        guard let newest else { return nil }
        let ofLeader = views.first { $0.node == newest.leader }?.group ?? newest
        let placement = survey.federation.placements.first { $0.group == id }
        let commit = views.map(\.group.commit).max() ?? newest.commit
        let applied = views.map(\.group.applied).min() ?? newest.applied
        let members =
            ofLeader.replicas.isEmpty
            ? views.map { ReplicaRow(node: $0.node, isVoter: true, applied: $0.group.applied) }
            : ofLeader.replicas.map { replica in
                ReplicaRow(
                    node: replica.node, isVoter: replica.isVoter,
                    applied: views.first { $0.node == replica.node }?.group.applied)
            }
        return GroupRow(
            group: id, name: placement?.name ?? (newest.placement.isEmpty ? "directory" : newest.placement),
            leader: newest.leader, term: newest.term, commit: commit, applied: applied,
            lag: commit > applied ? commit - applied : 0,
            freshnessMilliseconds: views.map(\.group.freshnessMilliseconds).max() ?? newest.freshnessMilliseconds,
            replicas: members)
    }
}

extension ClusterStatus {
    static let nodeColumns: [Column<NodeRow>] = [
        Column("node") { $0.node }, Column("region") { $0.region }, Column("cloud") { $0.cloud },
        Column("jurisdictions") { $0.jurisdictions.joined(separator: ",") }, Column("health") { $0.health },
        Column("version") { $0.version }, Column("started") { $0.started }, Column("problem") { $0.problem ?? "" },
    ]

    static let groupColumns: [Column<GroupRow>] = [
        Column("group") { "\($0.group) \($0.name)" }, Column("leader") { $0.leader.isEmpty ? "-" : $0.leader },
        Column("term") { "\($0.term)" }, Column("commit") { "\($0.commit)" }, Column("applied") { "\($0.applied)" },
        Column("lag") { "\($0.lag)" }, Column("freshness") { "\($0.freshnessMilliseconds) ms" },
        Column("replicas") { $0.replicas.map(text).joined(separator: ", ") },
    ]

    private static func text(_ replica: ReplicaRow) -> String {
        "\(replica.node)\(replica.isVoter ? "" : " learner") \(replica.applied.map { "\($0)" } ?? "?")"
    }
}
