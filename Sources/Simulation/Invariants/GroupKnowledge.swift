import KeyModel
import Raft

/// What an entry came to, as far as replicas must agree on it.
enum KnownOutcome: Hashable, Sendable {
    case key(CommandOutcome)
    case directory(DirectoryOutcome)
    case other

    init(_ outcome: any Sendable) {
        switch outcome {
        case let outcome as CommandOutcome: self = .key(outcome)
        case let outcome as DirectoryOutcome: self = .directory(outcome)
        default: self = .other
        }
    }
}

/// Everything that ever was true of one group, on all nodes. Dictionaries are looked up in, never walked through.
struct GroupKnowledge {
    struct Known: Hashable {
        var term: Term
        var payload: [UInt8]
    }
    struct Appended: Hashable {
        var payload: [UInt8]
        var previous: Term
    }
    struct Acknowledged {
        var at: UInt64
        var index: LogIndex
    }

    var leaders: [Term: ReplicaID] = [:]
    var appended: [LogPosition: Appended] = [:]
    /// By index: what was applied anywhere.
    var applied: [LogIndex: Known] = [:]
    var outcomes: [LogIndex: KnownOutcome] = [:]
    var digests: [LogIndex: [UInt8]] = [:]
    var memberships: [LogIndex: Membership] = [:]
    /// The newest membership that was applied, and where.
    var membership: (index: LogIndex, value: Membership)
    var lastApplied = LogPosition.zero
    /// Writes that a caller was told of, by time; the indexes only grow.
    var acknowledged: [Acknowledged] = []
    /// By replica: the furthest that its log ever reached on disk, and the highest term.
    var durableEnd: [ReplicaID: LogIndex] = [:]
    var durableTerm: [ReplicaID: Term] = [:]
    /// By payload: callers' requests that may be sent more than once, and what they came to; nil before that.
    var requests: [[UInt8]: CommandOutcome?] = [:]
    var keys: [KeyName: Key] = [:]

    init(membership: Membership) {
        self.membership = (.zero, membership)
    }

    /// The highest index acknowledged to anybody until then.
    func acknowledged(by time: UInt64) -> LogIndex {
        var low = 0
        var high = acknowledged.count
        while low < high {
            let middle = (low + high) / 2
            if acknowledged[middle].at <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? .zero : acknowledged[low - 1].index
    }

    mutating func acknowledge(_ index: LogIndex, at time: UInt64) {
        acknowledged.append(Acknowledged(at: time, index: max(index, acknowledged.last?.index ?? .zero)))
    }
}
