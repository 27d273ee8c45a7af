import Cluster
import Raft

/// Who should be in a group, and the next safe step there: learners first, then one joint change that swaps voters.
struct MembershipPlan {
    var voters: [ReplicaID]
    var learners: [ReplicaID] = []
    /// Members that may not become voters yet.
    var waiting: [ReplicaID] = []

    /// Entries that a learner may lack when it becomes a voter.
    private static let slack: UInt64 = 64

    /// The changes to propose now: nil means to wait, none that the members are as they should be.
    func next(from status: GroupStatus) -> [MembershipChange.Change]? {
        let members = status.membership
        guard status.isLeader, members.votersOutgoing.isEmpty else { return nil }
        let known = members.voters + members.learners
        let wanted = voters + learners
        if let missing = wanted.first(where: { !known.contains($0) }) { return [.init(.addLearner, missing)] }
        let joining = voters.filter { members.learners.contains($0) }
        let ready = joining.filter { isCaughtUp($0, status) && !waiting.contains($0) }
        let leaving = known.filter { !wanted.contains($0) }
        let released = leaving.filter { old in
            // A fenced incarnation leaves with its heir's promotion; a member that moved away, once all are there.
            guard let heir = wanted.first(where: { $0.rawValue >> 16 == old.rawValue >> 16 }) else {
                return ready.count == joining.count
            }
            return !joining.contains(heir) || ready.contains(heir)
        }
        let demoted = learners.filter { members.voters.contains($0) && ready.count == joining.count }
        let changes: [MembershipChange.Change] =
            ready.map { .init(.addVoter, $0) } + demoted.map { .init(.addLearner, $0) }
            + released.map { .init(.removeReplica, $0) }
        return changes.isEmpty && !(joining.isEmpty && leaving.isEmpty) ? nil : changes
    }

    private func isCaughtUp(_ replica: ReplicaID, _ status: GroupStatus) -> Bool {
        status.matches.contains {
            $0.replica == replica && $0.match.rawValue + Self.slack >= status.commit.rawValue && $0.isActive
        }
    }
}
