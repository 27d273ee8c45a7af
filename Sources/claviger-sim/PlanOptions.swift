import ArgumentParser
import Simulation

/// What replaces a seed's own choices.
struct PlanOptions: ParsableArguments {
    @Option(
        help: "Faults instead of the seed's, with commas between them, or none.", transform: Faults.init(parsing:))
    var faults: Faults?

    @Option(help: "How many clients instead of the seed's number.")
    var clients: Int?

    @Option(
        help: "Placements that stay, with commas between them.",
        transform: { $0.split(separator: ",").map(String.init) })
    var placements: [String]?

    @Option(help: "How many nodes stay, the first ones.")
    var nodes: Int?

    @Option(help: "Milliseconds with trouble.")
    var trouble: UInt64?

    @Option(help: "Other draws for the same plan: the seed's own are 0.")
    var luck: UInt64?

    @Option(
        help: "On what machines keep their state: memory, or rocksdb over disks that forget what was not synced.",
        transform: PlanOptions.store(named:))
    var store: SimulatedStoreKind?

    private static func store(named name: String) throws -> SimulatedStoreKind {
        guard let kind = SimulatedStoreKind(name: name) else { throw ValidationError("there are memory and rocksdb") }
        return kind
    }

    /// The plan of a seed with what replaces parts of it. Throws `ValidationError` where that makes no federation.
    func plan(of seed: UInt64) throws -> SimulationPlan {
        let changes = PlanChanges(
            faults: faults, clients: clients, placements: placements, nodes: nodes, trouble: trouble, luck: luck,
            stores: store)
        do {
            return try SimulationPlan(seed: seed).changed(by: changes)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

/// One seed, and what replaces its own choices.
struct SeedOptions: ParsableArguments {
    @Option(help: "The seed.")
    var seed: UInt64

    @OptionGroup(title: "Instead of the seed's choices")
    var changes: PlanOptions

    /// The plan to run.
    func plan() throws -> SimulationPlan { try changes.plan(of: seed) }
}
