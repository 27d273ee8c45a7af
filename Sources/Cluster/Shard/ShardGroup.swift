import Raft
import Storage

/// One group on a shard: its consensus, its state machine, and who waits for what.
final class ShardGroup {
    let id: GroupID
    let gauge: GroupGauge
    let machine: any ReplicatedStateMachine
    private unowned let agenda: ShardAgenda
    /// Whatever changes it puts the group on the agenda.
    var core: RaftCore { didSet { touch() } }
    /// Whether the group is on the agenda.
    var isTouched = false
    var applied: LogPosition
    var truncated: LogIndex
    var preference: [ReplicaID]

    /// Writes that wait for a leader.
    var parked: [PendingProposal] = []
    /// Writes handed to consensus, by sequence.
    var proposed: [UInt64: PendingProposal] = [:]
    /// Reads that wait for the next round.
    var reads: [PendingRead] = []
    var rounds: [ReadRound] = []
    var waits: [(index: LogIndex, read: PendingRead)] = []
    var lastRoundAt: UInt64 = 0

    /// On the leader: when each replica was last heard of. Consensus has a mark of its own for that, but takes it away
    /// at each check of the quorum, and who looks once a second may look just then every time.
    private var heard: [(replica: ReplicaID, at: UInt64)] = []
    /// On the leader: replicas that answered it in this term and since they connected.
    private var answering: [ReplicaID] = []
    /// When to stand for election after the leader's process died.
    var candidacyAt: UInt64?
    /// Since when a preferred replica has been ready to lead.
    var preferred: (replica: ReplicaID, since: UInt64)?
    /// On the leader: to whom leadership is being handed of its own accord, and in which term.
    var handover: (to: ReplicaID, term: Term)?
    /// Replicas that did not take it.
    var refusals = HandoverRefusals()
    /// On the leader: the end of its log at its last synced write.
    var written = LogIndex.zero
    /// Voters that had acknowledged everything when a slow write of the leader ended, and when that was.
    var prompt: [(replica: ReplicaID, at: UInt64)] = []
    var standsAsideAgainAt: UInt64 = 0
    var sendingSnapshots: [ReplicaID] = []
    var staging: (offer: SnapshotOffer, store: any SnapshotStaging)?
    /// Digests noted at marks, newest last.
    var digestMarks: [(index: LogIndex, digest: [UInt8])] = []
    var lastDigestMark: UInt64 = 0
    var digestWatchers: [PendingProposal] = []
    /// Why the group takes no part any more.
    var stopped: ClusterError?
    var knownLeader = ReplicaID.none
    var knownTerm = Term.zero

    init(
        id: GroupID, core: RaftCore, machine: any ReplicatedStateMachine, applied: LogPosition,
        truncated: LogIndex, preference: [ReplicaID], agenda: ShardAgenda
    ) {
        self.id = id
        self.agenda = agenda
        self.gauge = GroupGauge(group: id)
        self.core = core
        self.machine = machine
        self.applied = applied
        self.truncated = truncated
        self.preference = preference
    }

    var isLeader: Bool { core.role == .leader }

    /// Whether the group must be looked at in the next turn, whatever that is about. What else is due by the clock is
    /// seen to at every tick.
    var isDueByClock: Bool { stopped == nil && (candidacyAt != nil || !reads.isEmpty) }
    /// Whether anyone waits for anything of this group.
    var hasWaiters: Bool {
        !(parked.isEmpty && proposed.isEmpty && digestWatchers.isEmpty && reads.isEmpty && rounds.isEmpty
            && waits.isEmpty)
    }

    /// Something happened to the group: this turn looks at it.
    func touch() {
        if !isTouched { agenda.add(self) }
    }

    func publish() {
        let now = core.standing()
        gauge.publish(leader: now.leader, term: now.term, commit: now.commit, last: now.last, isLeader: isLeader)
    }

    /// Notes a message of another replica.
    func hear(_ replica: ReplicaID, at now: UInt64) {
        if let place = heard.firstIndex(where: { $0.replica == replica }) {
            heard[place].at = now
        } else {
            heard.append((replica, now))
        }
    }

    /// Whether the replica was heard of since then.
    func hasHeard(_ replica: ReplicaID, since time: UInt64) -> Bool {
        heard.contains { $0.replica == replica && $0.at >= time }
    }

    /// Notes that the replica took what the leader sent. Whoever lost acknowledged entries would not have: the leader's
    /// heartbeats name what was acknowledged.
    func noteAnswer(of replica: ReplicaID) {
        if !answering.contains(replica) { answering.append(replica) }
    }

    /// Whether the replica's log is still what its acknowledgements say, as far as its answers show.
    func hasAnswered(_ replica: ReplicaID) -> Bool { answering.contains(replica) }

    /// Who connects anew may have lost what it acknowledged before.
    func forgetAnswer(of replica: ReplicaID) { answering.removeAll { $0 == replica } }

    /// What was heard before says nothing in another term.
    func forgetHeard() {
        heard = []
        answering = []
    }

    /// Members of either half and learners.
    func isMember(_ replica: ReplicaID) -> Bool {
        let members = core.membership
        return members.voters.contains(replica) || members.votersOutgoing.contains(replica)
            || members.learners.contains(replica) || members.learnersNext.contains(replica)
    }

    /// The order in which voters stand after the leader died: preferred regions first, then by id.
    func succession(without dead: ReplicaID) -> [ReplicaID] {
        let voters = core.membership.voters.filter { $0 != dead }
        return preference.filter(voters.contains) + voters.filter { !preference.contains($0) }
    }

    /// Takes everything that waits, in a fixed order, to be answered with a failure.
    func drainWaiters() -> (proposals: [PendingProposal], reads: [PendingRead]) {
        let proposals = parked + proposed.keys.sorted().compactMap { proposed[$0] } + digestWatchers
        let waiting = reads + rounds.flatMap(\.reads) + waits.map(\.read)
        parked = []
        proposed = [:]
        digestWatchers = []
        reads = []
        rounds = []
        waits = []
        return (proposals, waiting)
    }
}
