/// Which nodes a drill takes out of service when it plays the loss of a region, and what speaks against it.
package struct DrillPlan: Sendable, Equatable {
    /// A node as it was just found.
    package struct Node: Sendable, Equatable {
        package let name: String
        package let region: String
        /// Why it cannot be counted on; nil if it can.
        package let problem: String?

        package init(name: String, region: String, problem: String? = nil) {
            self.name = name
            self.region = region
            self.problem = problem
        }
    }

    /// A placement with its holders.
    package struct Placement: Sendable, Equatable {
        package let name: String
        package let holders: [String]

        package init(name: String, holders: [String]) {
            self.name = name
            self.holders = holders
        }
    }

    package let region: String
    /// Nodes that leave service.
    package let leaving: [String]
    /// Placements with a holder in the region, and so with something to be seen.
    package let placements: [Placement]
    /// Why the drill may take more away than it should, one sentence each.
    package let objections: [String]
    private let regions: [String: String]

    /// Throws when there is no such region, or nothing in it that a drill could show.
    package init(region: String, nodes: [Node], placements: [Placement]) throws(TopologyError) {
        let known = Set(nodes.map(\.region))
        guard known.contains(region) else {
            throw TopologyError(
                "--region", "there is no '\(region)'; there are \(known.sorted().joined(separator: ", "))")
        }
        let inside = nodes.filter { $0.region == region }
        let names = Set(inside.map(\.name))
        let affected = placements.filter { $0.holders.contains(where: names.contains) }
        guard !affected.isEmpty else {
            throw TopologyError("--region", "no placement has a replica in '\(region)'")
        }
        self.region = region
        self.placements = affected
        leaving = inside.filter { $0.problem == nil }.map(\.name)
        regions = Dictionary(nodes.map { ($0.name, $0.region) }, uniquingKeysWith: { first, _ in first })
        let problems = inside.compactMap { node in
            node.problem.map { "\(node.name) is to leave and cannot be asked: \($0)" }
        }
        objections = problems + affected.flatMap { Self.objections(to: $0, without: names, nodes) }
    }

    /// Regions with holders of a placement: where its probes come from.
    package func regions(of placement: Placement) -> [String] {
        placement.holders.reduce(into: []) { found, node in
            if let region = regions[node], !found.contains(region) { found.append(region) }
        }
    }

    /// Leaving nodes replicate on, but what really fails meanwhile fails beside them: so all that stay must be well.
    private static func objections(
        to placement: Placement, without leaving: Set<String>, _ nodes: [Node]
    ) -> [String] {
        let staying = placement.holders.filter { !leaving.contains($0) }
        var objections: [String] = []
        if staying.count * 2 <= placement.holders.count {
            objections.append(
                "placement \(placement.name): \(staying.count) of \(placement.holders.count) holders stay, "
                    + "which is no majority")
        }
        for name in staying {
            let node = nodes.first { $0.name == name }
            guard node == nil || node?.problem != nil else { continue }
            objections.append("placement \(placement.name): \(name) stays, but \(node?.problem ?? "is not known")")
        }
        return objections
    }
}
