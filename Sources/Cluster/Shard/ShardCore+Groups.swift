package import Raft
import Storage

extension ShardCore {
    /// Puts a group that is on disk to work.
    func open(_ stored: StoredGroup, machine: any ReplicatedStateMachine, preference: [ReplicaID]) throws(StorageError)
    {
        var raft = RaftConfiguration(replica: configuration.replica)
        raft.electionTicks = configuration.electionTicks
        raft.heartbeatTicks = configuration.heartbeatTicks
        raft.maxSizePerMessage = configuration.maxAppendBytes
        raft.maxCommittedSizePerReady = configuration.maxApplyBytes
        raft.maxUncommittedSize = 16 << 20
        raft.maxInflightMessages = configuration.maxInflightAppends
        raft.maxInflightBytes = 4 << 20
        raft.applied = stored.applied.index
        raft.asyncStorageWrites = true
        raft.preVote = true
        raft.checkQuorum = true
        raft.stepDownOnRemoval = true
        raft.seed = configuration.seed ^ (stored.group.rawValue &* 0x9E37_79B9_7F4A_7C15)
        let log = try store.log(of: stored.group)
        let group = ShardGroup(
            id: stored.group, core: RaftCore(configuration: raft, log: log), machine: machine, applied: stored.applied,
            truncated: stored.truncated.index, preference: preference, agenda: agenda)
        machine.didLoad(try store.table(of: stored.group), at: stored.applied)
        group.gauge.publish(applied: stored.applied.index)
        group.publish()
        let place = groups.firstIndex { $0.id > stored.group } ?? groups.count
        groups.insert(group, at: place)
        group.touch()
        if let reason = try store.fact(for: Self.quarantineKey(stored.group)) {
            stop(group, because: .quarantined(String(decoding: reason, as: UTF8.self)))
        }
    }

    func createGroup(_ specification: GroupSpecification, machine: any ReplicatedStateMachine) throws(ClusterError)
        -> GroupGauge
    {
        if group(specification.group) != nil { throw .groupExists(specification.group) }
        do {
            try store.createGroup(
                specification.group, membership: specification.membership, at: specification.start,
                label: specification.label)
            guard let stored = try store.groups().first(where: { $0.group == specification.group }) else {
                throw ClusterError.noSuchGroup(specification.group)
            }
            try open(stored, machine: machine, preference: specification.leaderPreference)
        } catch let error as ClusterError {
            throw error
        } catch StorageError.groupExists(let id) {
            throw .groupExists(id)
        } catch {
            throw .storage("\(error)")
        }
        guard let created = group(specification.group) else { throw .noSuchGroup(specification.group) }
        return created.gauge
    }

    func removeGroup(_ id: GroupID) -> ClusterError? {
        guard let group = group(id) else { return .noSuchGroup(id) }
        stop(group, because: .refused("the group was removed from this node"))
        groups.removeAll { $0.id == id }
        agenda.remove(group)
        do {
            try store.removeGroup(id)
            try store.setFact(nil, for: Self.quarantineKey(id))
            return nil
        } catch {
            return .storage("\(error)")
        }
    }

    /// Every group's condition, for status pages.
    package func statuses() -> [GroupStatus] { groups.map(status(of:)) }

    /// One group's condition; nil if it is not here.
    package func status(of id: GroupID) -> GroupStatus? { group(id).map(status(of:)) }

    private func status(of group: ShardGroup) -> GroupStatus {
        GroupStatus(group) { self.isActive($0, in: group) }
    }
}

/// One group's condition in full. Costs a turn to ask for.
package struct GroupStatus: Hashable, Sendable {
    package var group: GroupID
    package var leader: ReplicaID
    package var term: Term
    package var commit: LogIndex
    package var applied: LogIndex
    package var lastIndex: LogIndex
    package var isLeader: Bool
    package var membership: Membership
    /// On the leader: how far each member's log is known to agree.
    package var matches: [ReplicaMatch]
    package var stopped: String?

    init(_ group: ShardGroup, isActive: (ReplicaID) -> Bool) {
        self.group = group.id
        leader = group.core.leader
        term = group.core.term
        commit = group.core.commitIndex
        applied = group.applied.index
        lastIndex = group.core.lastIndex
        isLeader = group.isLeader
        membership = group.core.membership
        matches = group.core.status.progress.map {
            ReplicaMatch(replica: $0.replica, match: $0.match, isActive: isActive($0.replica))
        }
        stopped = group.stopped.map { "\($0)" }
    }
}

/// How far a member's log is known to agree with the leader's.
package struct ReplicaMatch: Hashable, Sendable {
    package var replica: ReplicaID
    package var match: LogIndex
    package var isActive: Bool
}
