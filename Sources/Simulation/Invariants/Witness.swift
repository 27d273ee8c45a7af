import Raft

/// An observer who sees every disk, every message and every answer at once, and says what must never be.
///
/// Each invariant is a function with its number from the list in `docs/testing.md`. The first violation is kept.
final class Witness {
    private(set) var groups = KnownGroups()
    /// By replica: the disk under which it acted.
    var stores: [ReplicaID: [UInt8]] = [:]
    private(set) var violation: Violation?
    /// Requests that were in a log twice.
    var repeats: UInt64 = 0

    func fail(_ invariant: String, _ text: @autoclosure () -> String) {
        if violation == nil { violation = Violation(invariant, text()) }
    }

    func require(_ condition: Bool, _ invariant: String, _ text: @autoclosure () -> String) {
        if !condition { fail(invariant, text()) }
    }

    /// Knows a group from its first membership on.
    func begin(_ group: GroupID, membership: Membership) {
        groups.add(group, GroupKnowledge(membership: membership))
    }
}

extension ReplicaID {
    /// As people read it: node and incarnation.
    var label: String { "n\(rawValue >> 16).\(rawValue & 0xFFFF)" }
}
