import Raft
import Storage

/// A leader whose disk has become slow holds every write of its groups up, though a quorum would do without it. It sees
/// that by the time its own writes take, and by the answers of others that are there already when one of them ends.
extension ShardCore {
    /// Entries were written and synced.
    func noteWritten(_ appends: [GroupAppend]) {
        var wrote = false
        for append in appends where !append.entries.isEmpty {
            wrote = true
            writtenGroups.append(append.group)
            if let last = append.entries.last, let group = group(append.group) { group.written = last.index }
        }
        if wrote { effects.syncs += 1 }
    }

    /// The last turn's write took so long. Called when the messages that came meanwhile are handled.
    func noteSync(_ time: UInt64) {
        pace.note(time, at: now)
        // In a group that wrote nothing others have everything, however slow they are.
        guard time >= configuration.slowSync else { return }
        for group in groups where group.stopped == nil && group.isLeader && writtenGroups.contains(group.id) {
            let voters = group.core.membership.voters
            for progress in group.core.progressStatus
            where progress.replica != configuration.replica && progress.match >= group.written
                && voters.contains(progress.replica)
            {
                group.prompt.removeAll { $0.replica == progress.replica }
                group.prompt.append((progress.replica, now))
            }
        }
    }

    /// How long a write takes, where that is too long and others are known to be quicker; asked once a second.
    func slowPace() -> UInt64? {
        guard let typical = pace.typical(at: now), typical >= configuration.slowSync else { return nil }
        let isKnown = now < slowUntil
        guard isKnown || groups.contains(where: { $0.isLeader && promptSuccessor(of: $0) != nil }) else { return nil }
        slowUntil = now + configuration.quickBeforeLeading
        return typical
    }

    /// Hands leadership to a voter that is quicker, unless that was done a short while ago.
    func stepAside(of group: ShardGroup, sync: UInt64) {
        guard now >= group.standsAsideAgainAt, let target = promptSuccessor(of: group) else { return }
        group.standsAsideAgainAt = now + configuration.standAsidePause
        effects.notices.append(.steppedAside(group.id, for: target, sync: sync))
        handOver(group, to: target)
    }

    private func promptSuccessor(of group: ShardGroup) -> ReplicaID? {
        group.prompt.removeAll { now - $0.at > 5_000_000_000 }
        return bestSuccessor(of: group) { replica in group.prompt.contains { $0.replica == replica } }
    }
}
