import Synchronization

/// The hosts of a run and what joins them. Without a network of our own everything is on this machine's loopback, and
/// nothing can be cut.
final class StageNetwork: Sendable {
    /// All of them 10.86.X.Y.
    private enum Block {
        static let nodes = 1
        static let clients = 2
        static let desk = 3
    }

    private let network: VirtualNetwork?
    private let hosts: [String: NetworkHost]
    private let plan: Mutex<NetworkPlan>
    /// Where the harness itself asks and commands from: near to all, and no fault is about it.
    private let desk: NetworkHost?

    /// Makes the hosts, as far apart as the plan says. `numbers` tells the last part of a node's address by its name.
    init(_ network: VirtualNetwork?, plan: NetworkPlan, numbers: [String: UInt16]) throws(ChaosError) {
        self.network = network
        self.plan = Mutex(plan)
        guard let network else {
            hosts = [:]
            desk = nil
            return
        }
        var made: [String: NetworkHost] = [:]
        var regions = 0
        for site in plan.sites {
            let address: String
            switch site {
            case .node(let name, _):
                guard let number = numbers[name] else { throw ChaosError("node \(name)", "has no number") }
                address = try Self.address(ofNode: number)
            case .clients:
                regions += 1
                address = "10.86.\(Block.clients).\(regions)"
            }
            made[site.host] = try network.addHost(named: site.host, address: address)
        }
        desk = try network.addHost(named: "desk", address: "10.86.\(Block.desk).1")
        hosts = made
        apply(plan)
    }

    /// The address of a node in a network of our own.
    static func address(ofNode number: UInt16) throws(ChaosError) -> String {
        guard (1...254).contains(number) else {
            throw ChaosError("node number \(number)", "a network of our own has addresses for 1 to 254 only")
        }
        return "10.86.\(Block.nodes).\(number)"
    }

    /// Nil without a network of our own.
    func host(of site: NetworkPlan.Site) -> NetworkHost? { hosts[site.host] }

    var deskHost: NetworkHost? { desk }

    /// Runs where a node is; here without a network of our own. Blocks.
    func run<Result: Sendable>(
        at site: NetworkPlan.Site, _ body: @escaping @Sendable () throws -> Result
    ) throws -> Result {
        guard let host = host(of: site) else { return try body() }
        return try host.run(body)
    }

    /// The number undoes it.
    func disturb(_ fault: NetworkFault) throws(ChaosError) -> Int {
        guard network != nil else {
            throw ChaosError("network", "faults of the network need one of our own, and this run has none")
        }
        return plan.withLock { plan in
            let number = plan.add(fault)
            apply(plan)
            return number
        }
    }

    func mend(_ number: Int) {
        plan.withLock { plan in
            plan.remove(number)
            apply(plan)
        }
    }

    func mendAll() {
        plan.withLock { plan in
            plan.removeAll()
            apply(plan)
        }
    }

    /// Only what differs is set: a link's queue is not disturbed by what changes elsewhere.
    private func apply(_ plan: NetworkPlan) {
        guard let network else { return }
        for (way, condition) in plan.conditions {
            let (from, to) = (way.from.host, way.to.host)
            if network.condition(from: from, to: to) != condition { network.set(condition, from: from, to: to) }
        }
    }
}
