import Cluster
import Raft
import Storage
import Wire

/// Keeps what a shard sends until the stage delivers it.
final class StageOutbox: ShardOutbox {
    var sent: [(to: ReplicaID, frames: [PeerFrame])] = []
    func send(_ frames: [PeerFrame], to replica: ReplicaID) { sent.append((replica, frames)) }
    func answer(_ completions: [@Sendable () -> Void]) { for completion in completions { completion() } }

    /// Takes what was sent so far.
    func drain() -> [(to: ReplicaID, frames: [PeerFrame])] {
        defer { sent = [] }
        return sent
    }
}

/// A value that a completion leaves behind.
// SAFETY: a stage runs on one thread from its first command to its last.
final class StageBox<Value>: @unchecked Sendable {
    var value: Value?
}

/// One node: its disk, its shard, and the program's state.
final class StageNode {
    enum Condition { case up, paused, down }

    let number: UInt64
    let incarnation: UInt64
    let store: InMemoryStore
    let outbox: StageOutbox
    let core: ShardCore<StageOutbox>
    /// Why the process had to end: the disk did not keep its word.
    let failure: StageBox<String>
    var condition = Condition.up
    /// By group, in the order of their ids.
    var machines: [(group: GroupID, machine: StageMachine)] = []
    var gauges: [GroupGauge] = []
    /// What its clock shows. Stands still while it is paused, and for all but one node while a first leader is made.
    var clock: UInt64
    /// How long each of its synced writes takes, as far as its program can tell. Nothing waits for it.
    var syncTime: UInt64 = 0
    /// How long one of the last turn took.
    var lastSync: UInt64?
    /// What reached the machine while the program was paused.
    var inbox: [[PeerFrame]] = []

    init(
        number: UInt64, incarnation: UInt64, store: InMemoryStore, outbox: StageOutbox, core: ShardCore<StageOutbox>,
        failure: StageBox<String>, clock: UInt64
    ) {
        self.number = number
        self.incarnation = incarnation
        self.store = store
        self.outbox = outbox
        self.core = core
        self.failure = failure
        self.clock = clock
    }

    var replica: ReplicaID { ReplicaID(number << 16 | incarnation) }
    var name: String { StageText.name(replica) }

    /// The process ends, and with it what it has not sent yet.
    func die() {
        condition = .down
        inbox = []
        _ = outbox.drain()
    }

    /// The machine goes too, and with it what its disk has not synced yet.
    func losePower() {
        die()
        store.crash(losingUnsynced: true)
    }

    func machine(of group: GroupID) -> StageMachine? { machines.first { $0.group == group }?.machine }
    func status(of group: GroupID) -> GroupStatus? { core.status(of: group) }

    func leads(_ group: GroupID) -> Bool {
        condition == .up && status(of: group).map { $0.isLeader && $0.stopped == nil } ?? false
    }
}
