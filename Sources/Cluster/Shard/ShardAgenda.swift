import Raft

/// The groups that a turn has to look at, in order of their ids: those that something happened to since the last turn,
/// and those that wait for a moment between two ticks. A node has many groups, and most turns are about one.
final class ShardAgenda {
    private(set) var groups: [ShardGroup] = []

    func add(_ group: ShardGroup) {
        group.isTouched = true
        // From the end: a tick adds all of them in order.
        var place = groups.count
        while place > 0, groups[place - 1].id > group.id { place -= 1 }
        groups.insert(group, at: place)
    }

    func remove(_ group: ShardGroup) {
        group.isTouched = false
        groups.removeAll { $0 === group }
    }

    /// After a turn: only what waits for its moment stays.
    func clear() {
        groups.removeAll { group in
            group.isTouched = group.isDueByClock
            return !group.isTouched
        }
    }
}
