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
final class GroupKnowledge {
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

    /// Who stands for election in a term.
    struct Candidacy: Hashable {
        var term: Term
        var candidate: ReplicaID
    }

    var leaders: [Term: ReplicaID] = [:]
    var appended: [LogPosition: Appended] = [:]
    /// By index: what was applied anywhere.
    var applied: [LogIndex: Known] = [:]
    var outcomes: [LogIndex: KnownOutcome] = [:]
    var digests: [LogIndex: [UInt8]] = [:]
    var memberships: [LogIndex: Membership] = [:]
    /// The newest membership that was applied, and where.
    var membership: (index: LogIndex, value: Membership) { steps[steps.count - 1] }
    /// All of them one after the other, by index; the first one from the beginning.
    private var steps: [(index: LogIndex, value: Membership)]
    var lastApplied = LogPosition.zero
    /// Writes that a caller was told of, by time; the indexes only grow.
    var acknowledged: [Acknowledged] = []
    /// By replica: the furthest that its log ever reached on disk, and the highest term.
    var durableEnd: [ReplicaID: LogIndex] = [:]
    var durableTerm: [ReplicaID: Term] = [:]
    /// Who voted for it.
    var votes: [Candidacy: [ReplicaID]] = [:]
    /// Where the candidate's log ended, as it said when it asked for votes.
    var claims: [Candidacy: LogPosition] = [:]
    /// By leader: how far the others said to it in its term that their logs agree.
    var heard: [Candidacy: [ReplicaID: LogIndex]] = [:]
    /// By payload: callers' requests that may be sent more than once, and what they came to; nil before that.
    var requests: [[UInt8]: CommandOutcome?] = [:]
    var keys: [KeyName: Key] = [:]

    init(membership: Membership) {
        steps = [(.zero, membership)]
    }

    /// A change of members was applied, later than all before it.
    func change(to membership: Membership, at index: LogIndex) { steps.append((index, membership)) }

    /// The membership of a replica that has applied the first index, and those that followed until it had applied the
    /// last one: each with the index at which it began.
    func memberships(from first: LogIndex, to last: LogIndex) -> ArraySlice<(index: LogIndex, value: Membership)> {
        let begin = steps.lastIndex { $0.index <= first } ?? 0
        let end = steps.lastIndex { $0.index <= last } ?? begin
        return steps[begin...max(begin, end)]
    }

    /// An append was acknowledged to a leader.
    func hear(_ message: Message) {
        let place = Candidacy(term: message.term, candidate: message.to)
        let known = heard[place]?[message.from] ?? .zero
        heard[place, default: [:]][message.from] = max(known, message.index)
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

    func acknowledge(_ index: LogIndex, at time: UInt64) {
        acknowledged.append(Acknowledged(at: time, index: max(index, acknowledged.last?.index ?? .zero)))
    }
}

/// What is known of each group. Groups have small numbers here, and one is looked up at every message.
struct KnownGroups {
    private var places: [GroupKnowledge?] = []

    /// Nil for a group that nobody has begun.
    subscript(group: GroupID) -> GroupKnowledge? {
        let place = Int(group.rawValue)
        return place < places.count ? places[place] : nil
    }

    /// Begins to know a group.
    mutating func add(_ group: GroupID, _ knowledge: GroupKnowledge) {
        let place = Int(group.rawValue)
        while places.count <= place { places.append(nil) }
        places[place] = knowledge
    }
}
