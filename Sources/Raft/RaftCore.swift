/// Raft for one replica of one group, as one synchronous value: events in, a `Ready` out.
///
/// The semantics are those of etcd/raft (message set, `Ready` contract, configurations that take effect when they are
/// applied). It reads no clock, draws no unseeded random number and does no I/O but reading its log, so equal events
/// give equal behaviour. A message from outside never traps: what makes no sense is rejected with a `StepRejection`.
/// A trap means that this replica's own state contradicts itself.
package struct RaftCore {
    package let configuration: RaftConfiguration

    // MARK: Durable state

    package internal(set) var term = Term.zero
    package internal(set) var vote = ReplicaID.none
    var log: ReplicatedLog

    // MARK: The group

    package internal(set) var role = Role.follower
    /// `none` when unknown.
    package internal(set) var leader = ReplicaID.none
    package internal(set) var membership: Membership
    var progress: ProgressTable
    var ballots = Ballots()
    /// Whom leadership is being handed to, or `none`.
    package internal(set) var leadTransferee = ReplicaID.none

    // MARK: Time

    var electionElapsed = 0
    var heartbeatElapsed = 0
    var electionTimeout = 0
    private var randomness: Randomness

    // MARK: Limits of a leader

    /// No configuration change may be proposed until this index is applied: there may be one at it.
    var pendingConfigurationIndex = LogIndex.zero
    /// Payload bytes proposed and not applied; an estimate from below.
    var uncommittedSize: UInt64 = 0

    // MARK: Reads

    var reads = ReadQueue()
    /// Reads that came before this leader committed an entry of its term.
    var postponedReads: [Message] = []
    var readStates: [ReadState] = []

    // MARK: Output

    /// Messages that may leave at once.
    var messages: [Message] = []
    /// Messages that promise state which is not durable yet. Some are to this replica itself.
    var messagesAfterWrite: [Message] = []
    var reportedSoftState: SoftState
    var reportedHardState: HardState
    /// In synchronous mode: what `advance` delivers to this replica.
    var stepsOnAdvance: [Message] = []

    /// Starts from what `log` holds. `configuration` has to be valid, and its `applied` within the log.
    package init(configuration: RaftConfiguration, log reader: any LogReader) {
        precondition(configuration.isValid, "an invalid configuration")
        self.configuration = configuration
        let (hardState, membership) = reader.initialState()
        precondition(membership.isValid, "an invalid membership on disk")
        log = ReplicatedLog(stable: reader, applyingLimit: configuration.applyingLimit)
        self.membership = membership
        progress = ProgressTable(
            membership: membership, lastIndex: log.lastIndex, limits: configuration.inflightLimits)
        randomness = Randomness(seed: configuration.seed ^ configuration.replica.rawValue &* 0x9E37_79B9_7F4A_7C15)
        reportedSoftState = SoftState(leader: .none, role: .follower)
        reportedHardState = HardState()
        term = hardState.term
        vote = hardState.vote
        // An applied entry is committed, even when the commit index on disk is older: that is not synced by itself.
        let applied = max(configuration.applied, log.applied)
        log.commit(to: max(hardState.commit, applied))
        log.applied(to: applied, size: 0)
        becomeFollower(term: term, leader: .none)
        reportedHardState = self.hardState
    }

    // MARK: Facts

    package var replica: ReplicaID { configuration.replica }
    package var commitIndex: LogIndex { log.committed }

    /// What a driver publishes after each turn: leader (`none` if unknown), term, commit index and last index.
    ///
    /// Mutating although nothing changes: it is asked in place then, where a getter of a core that is a class's
    /// property would copy the core each time.
    package mutating func standing() -> (leader: ReplicaID, term: Term, commit: LogIndex, last: LogIndex) {
        (leader, term, log.committed, log.lastIndex)
    }

    package var appliedIndex: LogIndex { log.applied }
    package var lastIndex: LogIndex { log.lastIndex }
    package var hardState: HardState { HardState(term: term, vote: vote, commit: log.committed) }
    var softState: SoftState { SoftState(leader: leader, role: role) }

    /// Whether this leader has committed an entry of its own term. Only then its commit index covers everything that
    /// was ever acknowledged (Ongaro's thesis, section 6.4).
    package var hasCommittedInTerm: Bool { role == .leader && log.term(at: log.committed) == term }

    /// Whether this replica may campaign: a voter, and no snapshot is being installed.
    var isPromotable: Bool {
        guard let own = progress[replica] else { return false }
        return !own.isLearner && log.tail.snapshot == nil
    }

    // MARK: State

    /// Everything that does not outlive a term starts anew.
    mutating func reset(term newTerm: Term) {
        if term != newTerm {
            term = newTerm
            vote = .none
        }
        leader = .none
        electionElapsed = 0
        heartbeatElapsed = 0
        electionTimeout = configuration.electionTicks + randomness.draw(below: configuration.electionTicks)
        leadTransferee = .none
        ballots.reset()
        progress.reset(lastIndex: log.lastIndex, own: replica)
        pendingConfigurationIndex = .zero
        uncommittedSize = 0
        reads = ReadQueue()
    }

    mutating func becomeFollower(term newTerm: Term, leader newLeader: ReplicaID) {
        reset(term: newTerm)
        leader = newLeader
        role = .follower
    }

    /// Fixes the election timeout until the next change of role or term, for tests that need a certain one.
    package mutating func overrideElectionTimeout(ticks: Int) { electionTimeout = ticks }
}
