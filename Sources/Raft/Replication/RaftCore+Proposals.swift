/// Why a membership change does not fit now.
package enum MembershipRefusal: Error, Hashable, Sendable {
    /// There may be one in the log that is not applied.
    case pending
    /// The joint configuration has to be left first.
    case joint
    /// There is no joint configuration to leave.
    case notJoint
}

extension RaftCore {
    /// Appends to the leader's log, or forwards to the leader. `origin` is who proposed first.
    mutating func propose(_ entries: [LogEntry], from origin: ReplicaID) throws(ProposalRejection) {
        guard !entries.isEmpty else { throw .malformed }
        switch role {
        case .candidate, .preCandidate: throw .noLeader
        case .follower:
            guard leader != .none else { throw .noLeader }
            guard !configuration.disableProposalForwarding else { throw .notLeader }
            send(Message(kind: .propose, to: leader, from: origin, entries: entries))
        case .leader:
            guard progress.index(of: replica) != nil else { throw .notMember }
            guard leadTransferee == .none else { throw .transferInProgress }
            try appendProposal(entries)
        }
    }

    private mutating func appendProposal(_ proposed: [LogEntry]) throws(ProposalRejection) {
        var entries = proposed
        var pending = pendingConfigurationIndex
        for place in entries.indices where entries[place].kind != .normal {
            guard let change = try? MembershipChange(decoding: entries[place].payload) else { throw .malformed }
            let refusal = refusal(of: change, pending: pending)
            if refusal == nil || configuration.disableConfigurationValidation {
                pending = log.lastIndex.advanced(by: place + 1)
            } else {
                entries[place] = LogEntry()
            }
        }
        guard reserveUncommitted(entries.payloadSize) else { throw .tooMuchUncommitted }
        pendingConfigurationIndex = pending
        appendToLog(entries)
        broadcastAppend()
    }

    /// Why this leader would turn the change into an empty entry; nil when it would not.
    package func membershipRefusal(of change: MembershipChange) -> MembershipRefusal? {
        refusal(of: change, pending: pendingConfigurationIndex)
    }

    private func refusal(of change: MembershipChange, pending: LogIndex) -> MembershipRefusal? {
        if pending > log.applied { return .pending }
        if membership.isJoint { return change.changes.isEmpty ? nil : .joint }
        return change.changes.isEmpty ? .notJoint : nil
    }

    /// Counts `size` payload bytes as uncommitted, if they fit. An empty tail takes a proposal of any size, and empty
    /// payloads always fit: a new leader's first entry and the end of a joint configuration must never be refused.
    private mutating func reserveUncommitted(_ size: UInt64) -> Bool {
        let limit = configuration.maxUncommittedSize
        if limit != 0, uncommittedSize > 0, size > 0, uncommittedSize + size > limit { return false }
        uncommittedSize += size
        return true
    }

    /// Appends to the leader's own log under its term. The leader acknowledges its entries to itself once they are
    /// durable.
    mutating func appendToLog(_ entries: [LogEntry]) {
        var index = log.lastIndex
        let numbered = entries.map { entry in
            index = index.next
            return LogEntry(term: term, index: index, kind: entry.kind, payload: entry.payload)
        }
        let last = log.append(numbered)
        send(Message(kind: .appendResponse, to: replica, index: last))
    }
}
