import Cluster
import KeyModel
import Raft
import Storage

/// A replica's state machine, watched: what it makes of every entry is compared with what the others made of it.
final class WitnessedMachine: ReplicatedStateMachine {
    private let inner: any ReplicatedStateMachine
    private let witness: Witness
    private let group: GroupID
    private let replica: ReplicaID
    /// An older program may meet an entry that it does not know.
    private let mayHalt: Bool

    init(
        _ inner: any ReplicatedStateMachine, witness: Witness, group: GroupID, replica: ReplicaID, mayHalt: Bool = false
    ) {
        self.inner = inner
        self.witness = witness
        self.group = group
        self.replica = replica
        self.mayHalt = mayHalt
    }

    func apply(_ payload: [UInt8], at position: LogPosition, to tables: inout TableTransaction) -> ApplyResult {
        let result = inner.apply(payload, at: position, to: &tables)
        switch result {
        case .outcome(let value):
            let outcome = KnownOutcome(value)
            if witness.groups[group]?.applied[position.index] == nil {
                witness.oneOutcome(group, payload: payload, outcome)
            }
            witness.stateMachineSafety(group, position, payload: payload, outcome: outcome, on: replica)
            witness.keysOnlyGrow(group, outcome, at: position.index)
        case .halt(let reason):
            if mayHalt { break }
            witness.fail("I5", "group \(group.rawValue) halted on \(replica.label): \(reason)")
        }
        return result
    }

    func admits(_ change: MembershipProposal, in tables: inout TableTransaction) -> Bool? {
        inner.admits(change, in: &tables)
    }
    func didCommit(_ changes: TableChanges, at position: LogPosition) { inner.didCommit(changes, at: position) }
    func didLoad(_ table: any TableReader, at position: LogPosition) { inner.didLoad(table, at: position) }
}

/// The third and fourth lock by the plan: which region may hold which group.
final class SimulatedGuard: GroupGuard {
    private let plan: SimulationPlan
    private let region: String

    init(plan: SimulationPlan, region: String) {
        self.plan = plan
        self.region = region
    }

    func maySend(_ group: GroupID, toRegion region: String) -> Bool { plan.permits(group, region: region) }
    func mayReceive(_ group: GroupID, fromRegion sender: String) -> Bool {
        plan.permits(group, region: region) && plan.permits(group, region: sender)
    }
}

extension SimulationPlan {
    /// The directory holds nothing and is everybody's.
    func permits(_ group: GroupID, region name: String) -> Bool {
        if group == Self.directory { return true }
        guard let placement = placements.first(where: { $0.group == group }),
            let region = regions.first(where: { $0.name == name })
        else { return false }
        return placement.jurisdictions.contains(region.jurisdiction)
    }

    static let directory = GroupID(1)
}
