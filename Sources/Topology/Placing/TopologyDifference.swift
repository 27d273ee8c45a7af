/// What changes from one topology to another, as lines for a person to read before they agree.
package struct TopologyDifference: Sendable, Equatable {
    /// One difference.
    package struct Line: Sendable, Equatable {
        /// What happens to the thing that the line is about.
        package enum Kind: String, Sendable {
            case added = "+"
            case removed = "-"
            case changed = "~"
            case forbidden = "!"
        }
        package let kind: Kind
        /// The path and the values: `placements.eu.replicas: 3 -> 5`.
        package let text: String

        package var description: String { "\(kind.rawValue) \(text)" }
    }

    /// In the order of the file: cluster, regions, nodes, directory, placements, timing. Empty if nothing changes.
    package private(set) var lines: [Line] = []

    /// Whether the change may be made at all: a federation keeps its id, its trust domain and its nodes' numbers.
    package var isAllowed: Bool { !lines.contains { $0.kind == .forbidden } }

    package init(from old: FederationTopology, to new: FederationTopology) {
        compare("cluster.id", old.clusterIDText, new.clusterIDText, changed: .forbidden)
        compare("cluster.name", old.clusterName, new.clusterName)
        compare("trustDomain", old.trustDomain, new.trustDomain, changed: .forbidden)
        compare("operators", Self.list(old.operators.map(\.uri)), Self.list(new.operators.map(\.uri)))
        compareMembers("regions", old.regions, new.regions, name: \.name, fields: Self.fields)
        compareMembers("nodes", old.nodes, new.nodes, name: \.name, fields: Self.fields)
        for node in new.nodes {
            let owner = old.nodes.first { $0.number == node.number }
            guard let owner, owner.name != node.name else { continue }
            add(.forbidden, "nodes.\(node.name).number: \(node.number) belongs to '\(owner.name)'; take a new number")
        }
        compare("directory.voters", Self.list(old.directoryVoters), Self.list(new.directoryVoters))
        compareMembers("placements", old.placements, new.placements, name: \.name, fields: Self.fields)
        for placement in new.placements {
            guard let before = old.placement(named: placement.name) else { continue }
            compare(
                "placements.\(placement.name) replicas at", Self.list(old.replicas(of: before).map(\.name).sorted()),
                Self.list(new.replicas(of: placement).map(\.name).sorted()))
        }
        compare("timing.heartbeat", old.timing.heartbeat, new.timing.heartbeat)
        compare("timing.election", old.timing.election, new.timing.election)
        compare("timing.tick", old.timing.tick, new.timing.tick)
    }

    private typealias Field = (name: String, value: String, fixed: Bool)

    private mutating func add(_ kind: Line.Kind, _ text: String) { lines.append(Line(kind: kind, text: text)) }

    private mutating func compare(_ path: String, _ old: String, _ new: String, changed: Line.Kind = .changed) {
        if old != new { add(changed, "\(path): \(old) -> \(new)") }
    }

    private mutating func compare(_ path: String, _ old: Duration, _ new: Duration) {
        compare(path, DurationText.describe(old), DurationText.describe(new))
    }

    private mutating func compareMembers<Member>(
        _ path: String, _ old: [Member], _ new: [Member], name: (Member) -> String, fields: (Member) -> [Field]
    ) {
        for member in old where !new.contains(where: { name($0) == name(member) }) {
            add(.removed, "\(path).\(name(member))")
        }
        for member in new {
            guard let before = old.first(where: { name($0) == name(member) }) else {
                let details = fields(member).map { "\($0.name) \($0.value)" }.joined(separator: ", ")
                add(.added, "\(path).\(name(member)): \(details)")
                continue
            }
            for (was, now) in zip(fields(before), fields(member)) {
                compare(
                    "\(path).\(name(member)).\(now.name)", was.value, now.value,
                    changed: now.fixed ? .forbidden : .changed)
            }
        }
    }

    private static func list(_ texts: [String]) -> String { "[\(texts.joined(separator: ", "))]" }

    private static func fields(_ region: FederationTopology.Region) -> [Field] {
        [("cloud", region.cloud, false), ("jurisdictions", list(region.jurisdictions), false)]
    }

    private static func fields(_ node: FederationTopology.Node) -> [Field] {
        [
            ("number", "\(node.number)", true), ("region", node.region, false), ("host", node.host, false),
            ("peerPort", "\(node.peerPort)", false), ("apiPort", "\(node.apiPort)", false),
            ("metricsPort", "\(node.metricsPort)", false),
        ]
    }

    private static func fields(_ placement: FederationTopology.Placement) -> [Field] {
        [
            ("jurisdictions", list(placement.jurisdictions), false), ("replicas", "\(placement.replicas)", false),
            ("leaderPreference", list(placement.leaderPreference), false),
            ("survive", placement.survive.rawValue, false),
            ("maxStaleness", DurationText.describe(placement.maxStaleness), false),
            ("servePlaintextAt", list(placement.servePlaintextAt), false),
            ("policy", placement.policy ?? "none", false),
        ]
    }
}
