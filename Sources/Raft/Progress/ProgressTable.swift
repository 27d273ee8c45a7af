/// One row for each replica of a group, in the order of their ids.
struct ProgressTable {
    let limits: InflightLimits
    var rows: [Progress] = []

    init(limits: InflightLimits) { self.limits = limits }

    /// A fresh table for every replica of `membership`, as after a restart or a snapshot.
    init(membership: Membership, lastIndex: LogIndex, limits: InflightLimits) {
        self.limits = limits
        for replica in membership.replicas {
            add(replica, isLearner: membership.learners.contains(replica), lastIndex: lastIndex)
        }
    }

    func index(of replica: ReplicaID) -> Int? { rows.firstIndex { $0.replica == replica } }

    subscript(replica: ReplicaID) -> Progress? { index(of: replica).map { rows[$0] } }

    /// A row for a replica that was just added. It counts as active, so that the next check of the quorum does not take
    /// it for lost before it had a chance to answer.
    mutating func add(_ replica: ReplicaID, isLearner: Bool, lastIndex: LogIndex) {
        var row = Progress(
            replica: replica, next: max(lastIndex, LogIndex(1)), isLearner: isLearner, limits: limits)
        row.recentActive = true
        insert(row)
    }

    mutating func insert(_ row: Progress) {
        rows.insert(row, at: rows.firstIndex { $0.replica > row.replica } ?? rows.count)
    }

    mutating func remove(_ replica: ReplicaID) { rows.removeAll { $0.replica == replica } }

    /// Everything unknown again, as at the start of a term; `own` is this replica, whose log is known.
    mutating func reset(lastIndex: LogIndex, own: ReplicaID) {
        for place in rows.indices {
            let old = rows[place]
            rows[place] = Progress(
                replica: old.replica, next: lastIndex.next, isLearner: old.isLearner, limits: limits)
            if old.replica == own { rows[place].matchOwnLog(lastIndex) }
        }
    }
}
