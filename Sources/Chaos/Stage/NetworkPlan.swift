/// How the hosts of a run are joined: the distances of its scenario, and the faults that are active on top of them.
///
/// A value: what holds between two hosts follows from all of it, so that to undo one fault leaves the others standing.
package struct NetworkPlan: Sendable {
    /// A host of the run.
    package enum Site: Sendable, Hashable {
        case node(String, region: String)
        /// The clients of a region.
        case clients(String)

        package var region: String {
            switch self {
            case .node(_, let region), .clients(let region): region
            }
        }

        /// The name of its host. A node and a region may bear the same name.
        package var host: String {
            switch self {
            case .node(let name, _): "node-\(name)"
            case .clients(let region): "clients-\(region)"
            }
        }

        fileprivate func isIn(_ side: Whereabouts) -> Bool {
            switch self {
            case .node(let name, _): side.nodes.contains(name)
            case .clients(let region): side.clients.contains(region)
            }
        }
    }

    /// From one host to another.
    package struct Way: Sendable, Hashable {
        package let from: Site
        package let to: Site

        package init(from: Site, to: Site) {
            self.from = from
            self.to = to
        }
    }

    package let sites: [Site]
    package let distances: Distances
    /// The last one stands before the ones before it where both say how far hosts are apart.
    private var faults: [(number: Int, fault: NetworkFault)] = []
    private var last = 0

    package init(sites: [Site], distances: Distances) {
        self.sites = sites
        self.distances = distances
    }

    /// Returns the number that undoes it.
    package mutating func add(_ fault: NetworkFault) -> Int {
        last += 1
        faults.append((last, fault))
        return last
    }

    /// Undoes a fault; one that was undone before stays so.
    package mutating func remove(_ number: Int) { faults.removeAll { $0.number == number } }

    /// Undoes all of them.
    package mutating func removeAll() { faults = [] }

    /// What holds between all hosts, in the order of the sites.
    package var conditions: [(way: Way, condition: LinkCondition)] {
        sites.flatMap { from in
            sites.filter { $0 != from }.map { to in
                let way = Way(from: from, to: to)
                return (way, condition(of: way))
            }
        }
    }

    /// What holds on one way.
    package func condition(of way: Way) -> LinkCondition {
        var condition = LinkCondition()
        let isNear = way.from.region == way.to.region
        condition.delay = isNear ? distances.within : distances.between
        condition.loss = isNear ? 0 : distances.loss
        for (_, fault) in faults { Self.apply(fault, to: &condition, of: way) }
        return condition
    }

    private static func apply(_ fault: NetworkFault, to condition: inout LinkCondition, of way: Way) {
        switch fault {
        case .cut(let one, let other, let isOneWay):
            let isForth = way.from.isIn(one) && way.to.isIn(other)
            let isBack = way.from.isIn(other) && way.to.isIn(one)
            if isForth || (isBack && !isOneWay) { condition.isCut = true }
        case .split(let groups):
            guard let from = groups.firstIndex(where: way.from.isIn),
                let to = groups.firstIndex(where: way.to.isIn)
            else { return }
            if from != to { condition.isCut = true }
        case .link(let one, let other, let delay, let loss):
            let isMeant =
                (way.from.isIn(one) && way.to.isIn(other)) || (way.from.isIn(other) && way.to.isIn(one))
            guard isMeant else { return }
            condition.delay = delay
            condition.loss = loss
        }
    }
}
