/// Where the material of every placement is, and whether it is anywhere else: the judgement of `claviger placement
/// verify`.
///
/// A node is judged by the region in its certificate, never by what the directory or its configuration says of it.
package struct PlacementVerdict: Sendable, Encodable, Equatable {
    /// One placement at one node that holds something of it or is to hold it.
    package struct Row: Sendable, Encodable, Equatable {
        /// How a node stands to a placement.
        package enum Standing: String, Sendable, Encodable {
            /// Listed as a holder, inside the jurisdictions.
            case holder
            /// Inside the jurisdictions but not listed: a replica that comes or goes.
            case inside = "inside, not listed"
            /// Listed as a holder and without material so far.
            case empty = "holder, empty"
            case outside = "OUTSIDE"
            case silent = "no answer"
        }

        package let placement: String
        package let node: String
        package let region: String
        package let jurisdictions: [String]
        package let groups: [UInt64]
        package let epochs: [UInt32]
        package let standing: Standing
    }

    /// By placement, then by node, in the order of the evidence.
    package private(set) var rows: [Row] = []
    /// What breaks a rule, one sentence each.
    package private(set) var violations: [String] = []
    /// What could not be seen, one sentence for each node.
    package private(set) var gaps: [String] = []

    /// Whether everything that was seen is where it may be, and everything was seen unless gaps are allowed.
    package func isClean(allowingGaps: Bool) -> Bool { violations.isEmpty && (allowingGaps || gaps.isEmpty) }

    package init(_ evidence: PlacementEvidence) {
        for node in evidence.nodes { checkIdentity(of: node, evidence) }
        for rule in evidence.rules {
            for node in evidence.nodes { judge(rule, at: node, evidence) }
        }
    }

    private mutating func checkIdentity(of node: PlacementEvidence.Node, _ evidence: PlacementEvidence) {
        guard let answer = node.answer else {
            gaps.append("\(node.name) has not answered, so nobody knows what it holds: \(node.silence)")
            return
        }
        if answer.node != node.name {
            violations.append("\(node.name): '\(answer.node)' answered in its place")
        }
        if answer.certifiedRegion != node.region {
            violations.append(
                "\(node.name): its certificate is of '\(answer.certifiedRegion)', the directory says '\(node.region)'"
            )
        }
        if !evidence.regions.contains(where: { $0.name == answer.certifiedRegion }) {
            violations.append(
                "\(node.name): the region of its certificate, '\(answer.certifiedRegion)', is not in the directory")
        }
        for holding in answer.holdings where !evidence.rules.contains(where: { $0.placement == holding.placement }) {
            violations.append(
                "\(node.name) holds material of '\(holding.placement)', a placement that the directory does not know")
        }
    }

    private mutating func judge(
        _ rule: PlacementEvidence.Rule, at node: PlacementEvidence.Node, _ evidence: PlacementEvidence
    ) {
        let isListed = rule.holders.contains(node.name)
        let found = node.answer?.holdings.filter { $0.placement == rule.placement } ?? []
        guard isListed || !found.isEmpty else { return }
        let regionName = node.answer?.certifiedRegion ?? node.region
        let region = evidence.regions.first { $0.name == regionName }
        let isInside = region.map { !$0.jurisdictions.isEmpty && $0.liesWithin(rule.jurisdictions) } == true
        let groups = found.flatMap(\.groups).sorted()
        let epochs = found.flatMap(\.epochs).sorted()
        let standing: Row.Standing =
            if node.answer == nil { .silent } else if !isInside { .outside } else if found.isEmpty { .empty } else {
                isListed ? .holder : .inside
            }
        if standing == .outside {
            let place =
                region.map { "\(regionName) [\($0.jurisdictions.joined(separator: ", "))]" } ?? "'\(regionName)'"
            let what = found.isEmpty ? "is to hold '\(rule.placement)'" : "holds material of '\(rule.placement)'"
            violations.append(
                "\(node.name) in \(place) \(what), which may be in \(rule.jurisdictions.joined(separator: ", ")) only")
        }
        rows.append(
            Row(
                placement: rule.placement, node: node.name, region: regionName,
                jurisdictions: region?.jurisdictions ?? [], groups: groups, epochs: epochs, standing: standing))
    }
}
