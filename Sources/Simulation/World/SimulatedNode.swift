import Cluster
import KeyModel
import KeyReplication
import Peering
import Raft
import Storage
import Synchronization
import Wire

/// What a shard answered, until the world looks.
enum NodeAnswer: Sendable {
    case proposal(UInt64, Result<AppliedProposal, ClusterError>)
    case read(UInt64, Result<LogIndex, ClusterError>)
    case made(GroupID, GroupGauge?)
    case offered(UInt64, Result<UInt64, ClusterError>)
}

/// Answers come from completions, which may be called on any thread in production.
final class AnswerBox: Sendable {
    private let waiting = Mutex<[NodeAnswer]>([])
    func put(_ answer: NodeAnswer) { waiting.withLock { $0.append(answer) } }
    func drain() -> [NodeAnswer] {
        waiting.withLock { answers in
            defer { answers = [] }
            return answers
        }
    }
}

/// Gathers what a shard sends in one turn. What a process sends after its machine died was never sent.
final class SimulatedOutbox: ShardOutbox {
    private let disk: SimulatedDisk
    /// Looks at frames at the moment at which they leave: what they promise must be on disk by then.
    var inspect: ([PeerFrame], ReplicaID) -> Void = { _, _ in }
    private var sent: [(to: ReplicaID, frames: [PeerFrame])] = []
    /// How many of them left before a write of the turn had to wait.
    private var early = 0

    init(disk: SimulatedDisk) { self.disk = disk }

    func send(_ frames: [PeerFrame], to replica: ReplicaID) {
        guard !disk.isDead else { return }
        inspect(frames, replica)
        sent.append((replica, frames))
        if !disk.isWaiting { early = sent.count }
    }

    /// What left in this turn: before a write had to wait for the disk, and after it.
    func takeSent() -> (early: [(to: ReplicaID, frames: [PeerFrame])], late: [(to: ReplicaID, frames: [PeerFrame])]) {
        defer {
            sent = []
            early = 0
        }
        return (Array(sent.prefix(early)), Array(sent.dropFirst(early)))
    }

    func answer(_ completions: [@Sendable () -> Void]) {
        guard !disk.isDead else { return }
        for completion in completions { completion() }
    }
}

/// One group on one running process.
struct SimulatedReplica {
    let group: GroupID
    let gauge: GroupGauge
    /// What was seen after the last turn.
    var seen = Seen()

    struct Seen: Hashable {
        var term = Term.zero
        var commit = LogIndex.zero
        var applied = LogIndex.zero
        var freshAt: UInt64 = 0
        var isLeader = false
        var isStopped = false
    }
}

/// The effects of a turn that wait for the disk.
struct HeldTurn {
    var sent: [(to: ReplicaID, frames: [PeerFrame])]
    var effects: ShardEffects
}

/// An index that a replica acknowledged, as its leader knows, and has not on disk any more.
struct Forgotten {
    var group: GroupID
    var known: LogIndex
    var leader: ReplicaID
    var term: Term
}

/// A machine: its disk, its clock, and the process on it while there is one.
final class SimulatedNode {
    enum Condition: Hashable { case running, paused, down }

    let number: Int
    let region: String
    var clock: SimulatedClock
    var incarnation: UInt16 = 1
    /// Which disk is in it: changes when it is replaced.
    var storeID: [UInt8]
    var disk: SimulatedDisk
    var condition = Condition.down
    /// Counts the processes that ran here.
    var process: UInt64 = 0
    /// The running process as its peers know it.
    var present: SimulatedProcess?
    var wakeAt: UInt64 = 0
    var inbox: [ShardEvent] = []
    /// Changes of members that were written to its logs in this turn.
    var writtenChanges: [(group: GroupID, position: LogPosition)] = []
    /// Whether a single event came for it in this turn.
    var hearsOne = false
    var isDraining = false
    /// What the last crash left of un-synced writes.
    var crashMode = CrashMode.kept
    /// The newest behaviour that the installed program knows.
    var featureLevel = KeyStateMachine.highestFeatureLevel
    /// What a turn wants sent and told while its write still waits for a stalled disk.
    var held: HeldTurn?
    /// How long a synced write of the last turn took.
    var lastSync: UInt64?
    /// Snapshots that the process sends.
    var courses: [SnapshotCourse] = []
    /// What a disk that ignores syncs would show after a power cut.
    var forgetful: (any SimulatedStore)?
    /// What the node will have forgotten once that happened, and who knows.
    var forgotten: [Forgotten] = []
    /// Groups whose logs lost entries of which some leader has heard, or is to hear yet.
    var shortened: Set<GroupID> = []
    /// Its disk cannot be trusted any more: an operator replaces it as soon as the others can do without.
    var mustBeWiped = false
    /// Peers turn it away until it comes under its next incarnation.
    var isTurnedAway = false

    var core: ShardCore<SimulatedOutbox>?
    var outbox: SimulatedOutbox
    var ledger: PeerLedger
    var gate = GroupGate()
    let answers = AnswerBox()
    var replicas: [SimulatedReplica] = []
    var views: [(group: GroupID, view: KeyView)] = []
    var directory = DirectoryView()
    /// By peer: the process whose hello was judged, whether it may take part, and whether the shard knows of its end.
    var judged: [(replica: ReplicaID, process: UInt64, isAccepted: Bool, isOver: Bool)] = []

    init(number: Int, region: String, clock: SimulatedClock, storeID: [UInt8]) {
        self.number = number
        self.region = region
        self.clock = clock
        self.storeID = storeID
        disk = SimulatedDisk(inner: InMemoryStore())
        outbox = SimulatedOutbox(disk: disk)
        ledger = PeerLedger(own: .none, facts: [])
    }

    var name: String { "n\(number)" }
    var replica: ReplicaID { Self.replica(of: number, incarnation) }
    var identity: PeerIdentity { PeerIdentity(name: name, region: region, replica: replica) }
    var hello: PeerHello {
        PeerHello(cluster: SimulationPlan.cluster, replica: replica, store: storeID, node: name, region: region)
    }

    static func replica(of number: Int, _ incarnation: UInt16) -> ReplicaID {
        ReplicaID(UInt64(number) << 16 | UInt64(incarnation))
    }
    static func number(of replica: ReplicaID) -> Int { Int(replica.rawValue >> 16) }

    func view(of group: GroupID) -> KeyView? { views.first { $0.group == group }?.view }
    func place(of group: GroupID) -> Int? { replicas.indices.first { replicas[$0].group == group } }
    func gauge(of group: GroupID) -> GroupGauge? { place(of: group).map { replicas[$0].gauge } }

    func add(_ gauge: GroupGauge) {
        guard place(of: gauge.group) == nil else { return }
        let place = replicas.firstIndex { $0.group > gauge.group } ?? replicas.count
        replicas.insert(SimulatedReplica(group: gauge.group, gauge: gauge), at: place)
    }
}
