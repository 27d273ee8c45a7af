/// What replaces some of the choices of a seed, so that a failing run can be made smaller. Nothing else of its plan
/// changes by that, but the run takes another course from the first draw that is missing.
package struct PlanChanges: Hashable, Sendable {
    /// Why a plan cannot be changed like this, in words.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    package var faults: Faults?
    package var clients: Int?
    /// Names of those that stay.
    package var placements: [String]?
    /// The first so many stay. Replicas on others are gone, and placements that had no others; of an even number of
    /// replicas the last goes too, since no placement has that.
    package var nodes: Int?
    /// Milliseconds with trouble.
    package var trouble: UInt64?
    /// Which of many runs of the plan.
    package var luck: UInt64?
    /// On what the machines keep their state.
    package var stores: SimulatedStoreKind?

    static let mostClients = 100
    static let longestTrouble: UInt64 = 3_600_000

    package init(
        faults: Faults? = nil, clients: Int? = nil, placements: [String]? = nil, nodes: Int? = nil,
        trouble: UInt64? = nil, luck: UInt64? = nil, stores: SimulatedStoreKind? = nil
    ) {
        self.faults = faults
        self.clients = clients
        self.placements = placements
        self.nodes = nodes
        self.trouble = trouble
        self.luck = luck
        self.stores = stores
    }
}

extension SimulationPlan {
    /// The plan with these changes.
    package func changed(by changes: PlanChanges) throws(PlanChanges.Refusal) -> SimulationPlan {
        var plan = self
        if let faults = changes.faults { plan.faults = faults }
        if let luck = changes.luck { plan.luck = luck }
        if let stores = changes.stores { plan.stores = stores }
        if let clients = changes.clients {
            guard (0...PlanChanges.mostClients).contains(clients) else {
                throw PlanChanges.Refusal("there may be 0 to \(PlanChanges.mostClients) clients")
            }
            plan.clients = clients
        }
        if let trouble = changes.trouble {
            guard trouble <= PlanChanges.longestTrouble else {
                throw PlanChanges.Refusal("trouble may last \(PlanChanges.longestTrouble) ms")
            }
            plan.trouble = trouble * 1_000_000
        }
        if let nodes = changes.nodes {
            guard (1...self.nodes).contains(nodes) else {
                throw PlanChanges.Refusal("seed \(seed) has 1 to \(self.nodes) nodes")
            }
            plan.nodes = nodes
            for place in plan.placements.indices { plan.placements[place].restrict(toNodes: nodes) }
        }
        if let names = changes.placements {
            if let unknown = names.first(where: { name in !placements.contains { $0.name == name } }) {
                throw PlanChanges.Refusal("seed \(seed) has no placement \(unknown)")
            }
            plan.placements.removeAll { !names.contains($0.name) }
        }
        plan.placements.removeAll(where: \.holders.isEmpty)
        guard !plan.placements.isEmpty else { throw PlanChanges.Refusal("no placement is left on these nodes") }
        return plan
    }

    /// The words by which `claviger-sim` makes this plan: the seed, and what differs from its own choices.
    package var arguments: [String] {
        let own = SimulationPlan(seed: seed)
        var words = ["--seed", "\(seed)"]
        if nodes != own.nodes { words += ["--nodes", "\(nodes)"] }
        if placements.map(\.name) != (try? own.changed(by: PlanChanges(nodes: nodes)))?.placements.map(\.name) {
            words += ["--placements", placements.map(\.name).joined(separator: ",")]
        }
        if clients != own.clients { words += ["--clients", "\(clients)"] }
        if trouble != own.trouble { words += ["--trouble", "\(trouble / 1_000_000)"] }
        if stores != own.stores { words += ["--store", stores.name] }
        if luck != own.luck { words += ["--luck", "\(luck)"] }
        if faults != own.faults { words += ["--faults", faults.text] }
        return words
    }
}

extension SimulationPlan.PlacementPlan {
    fileprivate mutating func restrict(toNodes nodes: Int) {
        holders.removeAll { $0 > nodes }
        if !holders.isEmpty, holders.count.isMultiple(of: 2) { holders.removeLast() }
    }
}

extension Faults {
    private static let nothing = "none"

    /// Names with commas between them, or `none`.
    package var text: String { isEmpty ? Self.nothing : list.joined(separator: ",") }

    /// Reads what `text` writes, in any order.
    package init(parsing text: String) throws(PlanChanges.Refusal) {
        self = []
        guard text != Self.nothing else { return }
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let known = Self.names.first(where: { $0.name == name }) else {
                let all = Self.names.map(\.name).joined(separator: ",")
                throw PlanChanges.Refusal("\(name) is no fault; there are \(all), or none")
            }
            insert(known.fault)
        }
    }
}
