import KeyModel
import Raft

extension Witness {
    /// I13: a confirmed read shows everything that was acknowledged before it began.
    func readSeesAcknowledged(_ group: GroupID, asked: UInt64, answered index: LogIndex, on replica: ReplicaID) {
        guard let floor = groups[group]?.acknowledged(by: asked) else { return }
        require(
            index >= floor, "I13",
            "group \(group.rawValue): a confirmed read on \(replica.label) answered as of index \(index.rawValue), but "
                + "\(floor.rawValue) had been acknowledged before it was asked")
    }

    /// I14: what a replica calls fresh as of a time has everything that was acknowledged until then. Whoever serves
    /// within the bound therefore never serves older state than the bound allows.
    func freshnessIsTrue(_ group: GroupID, freshAt: UInt64, applied: LogIndex, on replica: ReplicaID) {
        showsAcknowledged(group, by: freshAt, applied, "\(replica.label) calls itself fresh")
    }

    /// I14 at the caller: what is encrypted or decrypted with is not older than the bound.
    func servesWithinBound(_ group: GroupID, applied: LogIndex, acknowledgedBy time: UInt64, on replica: ReplicaID) {
        showsAcknowledged(group, by: time, applied, "\(replica.label) served within the bound")
    }

    private func showsAcknowledged(
        _ group: GroupID, by time: UInt64, _ applied: LogIndex, _ what: @autoclosure () -> String
    ) {
        guard let floor = groups[group]?.acknowledged(by: time) else { return }
        require(
            applied >= floor, "I14",
            "group \(group.rawValue): \(what()) from index \(applied.rawValue), but \(floor.rawValue) had been "
                + "acknowledged by then")
    }

    /// I16: ids belong to one name for ever, version numbers are never given twice, and the primary version and the
    /// generation only grow.
    func keysOnlyGrow(_ group: GroupID, _ outcome: KnownOutcome, at index: LogIndex) {
        guard case .key(let outcome) = outcome, let key = outcome.key else { return }
        defer {
            if groups[group]?.keys[key.name].map({ $0.generation < key.generation }) ?? true {
                groups[group]?.keys[key.name] = key
            }
        }
        guard let known = groups[group]?.keys[key.name] else { return }
        // A repeated request gets its first answer, which may be older than the key is by now.
        guard key.generation >= known.generation else { return }
        require(
            key.id == known.id && key.primary >= known.primary && key.versions.count >= known.versions.count, "I16",
            "group \(group.rawValue): the key \(key.name) went back at index \(index.rawValue)")
        for (old, new) in zip(known.versions, key.versions) {
            require(
                old.number == new.number && old.wrapped == new.wrapped, "I16",
                "group \(group.rawValue): version \(old.number) of \(key.name) became another one")
        }
    }

    /// I17: a request has one outcome, however often it is sent. `payload` is that of a caller's command with its
    /// idempotency key: what is sent again is the same, byte by byte.
    func oneOutcome(_ group: GroupID, payload: [UInt8], _ outcome: KnownOutcome) {
        guard case .key(let outcome) = outcome, let known = groups[group]?.requests[payload] else { return }
        guard let known else {
            groups[group]?.requests[payload] = .some(outcome)
            return
        }
        repeats += 1
        require(known == outcome, "I17", "group \(group.rawValue): a repeated request came to another outcome")
    }

    /// I19: nothing of a placement is on a node outside of it.
    func nothingOutside(_ group: GroupID, isPermitted: Bool, _ what: String, on node: String) {
        require(isPermitted, "I19", "group \(group.rawValue): \(what) on \(node), which is outside of the placement")
    }
}
