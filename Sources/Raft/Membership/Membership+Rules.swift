extension Membership {
    /// Whether decisions need two majorities.
    package var isJoint: Bool { !votersOutgoing.isEmpty }

    /// Every voter of either half, sorted.
    package var allVoters: [ReplicaID] { voters.mergedSorted(votersOutgoing) }

    /// Everyone who takes part, sorted.
    package var replicas: [ReplicaID] { allVoters.mergedSorted(learners) }

    /// Whether `replica` takes part.
    package func contains(_ replica: ReplicaID) -> Bool {
        voters.contains(replica) || learners.contains(replica) || votersOutgoing.contains(replica)
    }

    /// Whether the lists are sorted and fit together, so that a configuration from outside can be taken over.
    /// The empty membership, of a replica that has not joined yet, is valid.
    package var isValid: Bool {
        if self == Membership() { return true }
        let lists = [voters, learners, votersOutgoing, learnersNext]
        guard
            lists.allSatisfy({ $0.isStrictlySorted }),
            replicas.allSatisfy({ $0 != .none && !$0.isStorageThread }),
            !voters.isEmpty,
            learners.allSatisfy({ !voters.contains($0) && !votersOutgoing.contains($0) }),
            learnersNext.allSatisfy({ votersOutgoing.contains($0) && !voters.contains($0) })
        else { return false }
        return isJoint || !autoLeave
    }
}

extension Array where Element == ReplicaID {
    fileprivate var isStrictlySorted: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }

    mutating func insertSorted(_ replica: ReplicaID) {
        let place = firstIndex { $0 >= replica } ?? count
        if place == count || self[place] != replica { insert(replica, at: place) }
    }

    mutating func removeSorted(_ replica: ReplicaID) {
        if let place = firstIndex(of: replica) { remove(at: place) }
    }

    fileprivate func mergedSorted(_ other: [ReplicaID]) -> [ReplicaID] {
        var merged = self
        for replica in other { merged.insertSorted(replica) }
        return merged
    }
}
