/// The votes a candidate has received. The first vote of a replica counts.
struct Ballots {
    private var votes: [(replica: ReplicaID, granted: Bool)] = []

    mutating func reset() { votes.removeAll() }

    mutating func record(_ replica: ReplicaID, granted: Bool) {
        if vote(of: replica) == nil { votes.append((replica, granted)) }
    }

    func vote(of replica: ReplicaID) -> Bool? { votes.first { $0.replica == replica }?.granted }
}
