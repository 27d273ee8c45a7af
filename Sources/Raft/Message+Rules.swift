extension MessageKind {
    /// Kinds that never cross the network.
    package var isLocal: Bool {
        switch self {
        case .hup, .beat, .unreachable, .snapshotStatus, .checkQuorum, .forgetLeader, .storageAppend,
            .storageAppendResponse, .storageApply, .storageApplyResponse:
            true
        default: false
        }
    }

    /// Answers, which only make sense from a replica in the configuration.
    package var isResponse: Bool {
        switch self {
        case .appendResponse, .voteResponse, .heartbeatResponse, .unreachable, .readIndexResponse, .preVoteResponse,
            .storageAppendResponse, .storageApplyResponse:
            true
        default: false
        }
    }

    /// Kinds that are forwarded to the leader without a term.
    var isTermless: Bool { self == .propose || self == .readIndex }

    /// Votes and append answers promise durable state, so they leave after the write they promise.
    var waitsForWrite: Bool { self == .appendResponse || self == .voteResponse || self == .preVoteResponse }
}

extension Message {
    /// What a candidate adds to its vote requests when its leader told it to take over: the lease is no reason to
    /// refuse.
    static let transferContext: [UInt8] = Array("transfer".utf8)

    /// Terms and indices grow by counting, so none is ever near the end of its range. A message that claims so would
    /// make later arithmetic trap.
    private static let plausibleLimit: UInt64 = 1 << 62

    private var isInRange: Bool {
        let snapshotPosition = snapshot?.metadata.position ?? .zero
        return [
            term.rawValue, logTerm.rawValue, index.rawValue, commit.rawValue, rejectHint.rawValue,
            snapshotPosition.term.rawValue, snapshotPosition.index.rawValue,
        ].allSatisfy { $0 < Self.plausibleLimit }
    }

    /// Whether the entries continue at `index` with terms that never fall and never exceed the sender's.
    private var hasOrderlyEntries: Bool {
        var previous = LogPosition(term: logTerm, index: index)
        for entry in entries {
            guard entry.index == previous.index.next, entry.term >= previous.term else { return false }
            previous = entry.position
        }
        return previous.term <= term
    }

    /// Whether a correct replica could have sent this.
    var isPlausible: Bool {
        guard isInRange else { return false }
        switch kind {
        case .propose: return !entries.isEmpty
        case .readIndex, .readIndexResponse: return entries.count == 1
        case .append: return term > .zero && hasOrderlyEntries
        case .snapshot:
            guard let snapshot else { return false }
            return term > .zero && snapshot.metadata.position.term <= term && snapshot.metadata.membership.isValid
        case .storageAppendResponse, .storageApplyResponse: return true
        default: return term > .zero
        }
    }
}
