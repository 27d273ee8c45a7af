package import Raft
import Synchronization

/// One group's condition, written by its shard after each turn and read from any thread without a lock.
///
/// The fields are separate atomics: a reader may see the term of one turn and the leader of the next. Nothing decides
/// consensus from them; `freshAt` alone gates service, and each value of it was true when it was written.
package final class GroupGauge: Sendable {
    package let group: GroupID
    private let leaderValue = Atomic<UInt64>(0)
    private let termValue = Atomic<UInt64>(0)
    private let commitValue = Atomic<UInt64>(0)
    private let appliedValue = Atomic<UInt64>(0)
    private let lastValue = Atomic<UInt64>(0)
    private let roleValue = Atomic<UInt8>(0)
    private let freshValue = Atomic<UInt64>(0)
    private let stoppedValue = Atomic<Bool>(false)

    package init(group: GroupID) { self.group = group }

    package var leader: ReplicaID { ReplicaID(leaderValue.load(ordering: .relaxed)) }
    package var term: Term { Term(termValue.load(ordering: .relaxed)) }
    package var commit: LogIndex { LogIndex(commitValue.load(ordering: .relaxed)) }
    /// Published after the state machine's views are: who sees an index here sees its effects there.
    package var applied: LogIndex { LogIndex(appliedValue.load(ordering: .acquiring)) }
    package var lastIndex: LogIndex { LogIndex(lastValue.load(ordering: .relaxed)) }
    package var isLeader: Bool { roleValue.load(ordering: .relaxed) == 3 }
    /// Monotonic nanoseconds at which everything applied here was known to be everything acknowledged anywhere; 0 for
    /// never.
    package var freshAt: UInt64 { freshValue.load(ordering: .acquiring) }
    /// Halted or quarantined: must not serve.
    package var isStopped: Bool { stoppedValue.load(ordering: .relaxed) }

    func publish(leader: ReplicaID, term: Term, commit: LogIndex, last: LogIndex, isLeader: Bool) {
        leaderValue.store(leader.rawValue, ordering: .relaxed)
        termValue.store(term.rawValue, ordering: .relaxed)
        commitValue.store(commit.rawValue, ordering: .relaxed)
        lastValue.store(last.rawValue, ordering: .relaxed)
        roleValue.store(isLeader ? 3 : 0, ordering: .relaxed)
    }

    func publish(applied: LogIndex) { appliedValue.store(applied.rawValue, ordering: .releasing) }

    func publish(freshAt: UInt64) {
        if freshAt > freshValue.load(ordering: .relaxed) { freshValue.store(freshAt, ordering: .releasing) }
    }

    func publishStopped() { stoppedValue.store(true, ordering: .relaxed) }
}
