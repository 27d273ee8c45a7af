package import Raft
import SwiftProtobuf

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension MessageKind {
    /// Whether a message of this kind may come from another node. Local and storage kinds never do: accepting one would
    /// let a peer speak for this node's own timers and disk.
    package var crossesNetwork: Bool {
        switch self {
        case .propose, .append, .appendResponse, .vote, .voteResponse, .snapshot, .heartbeat, .heartbeatResponse,
            .transferLeader, .timeoutNow, .readIndex, .readIndexResponse, .preVote, .preVoteResponse:
            true
        case .hup, .beat, .unreachable, .snapshotStatus, .checkQuorum, .storageAppend, .storageAppendResponse,
            .storageApply, .storageApplyResponse, .forgetLeader:
            false
        }
    }
}

extension Raft.Message {
    /// The message as protobuf. Throws for kinds that must not cross the network and for what a receiver would refuse.
    package func wireBytes() throws(WireError) -> [UInt8] { try Coding.bytes(proto()) }

    /// Decodes a message from another node: network kinds only, sender and receiver named, entries contiguous and in
    /// limits.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        guard let entries = FieldCensus.count([7], in: bytes) else { throw .malformed }
        try Check.size(entries, atMost: WireLimits.entries, "entries")
        try self.init(Coding.message(ProtoMessage.self, from: bytes))
    }

    func proto() throws(WireError) -> ProtoMessage {
        guard responses.isEmpty else { throw .inconsistent("responses are for storage, not for the network") }
        try checkShape()
        var proto = ProtoMessage()
        proto.kind = UInt32(kind.rawValue)
        proto.to = to.rawValue
        proto.from = from.rawValue
        proto.term = term.rawValue
        proto.logTerm = logTerm.rawValue
        proto.index = index.rawValue
        proto.entries.reserveCapacity(entries.count)
        for entry in entries { proto.entries.append(try entry.proto()) }
        proto.commit = commit.rawValue
        proto.vote = vote.rawValue
        if let snapshot { proto.snapshot = try snapshot.proto() }
        proto.reject = reject
        proto.rejectHint = rejectHint.rawValue
        proto.context = Data(context)
        return proto
    }

    init(_ proto: ProtoMessage) throws(WireError) {
        guard let raw = UInt8(exactly: proto.kind), let kind = MessageKind(rawValue: raw) else {
            throw .unknownKind(proto.kind)
        }
        try Check.size(proto.entries.count, atMost: WireLimits.entries, "entries")
        var entries: [LogEntry] = []
        entries.reserveCapacity(proto.entries.count)
        for entry in proto.entries { entries.append(try LogEntry(entry)) }
        self.init(
            kind: kind, to: ReplicaID(proto.to), from: ReplicaID(proto.from),
            term: Term(try Check.counter(proto.term, "term")),
            logTerm: Term(try Check.counter(proto.logTerm, "log term")),
            index: LogIndex(try Check.counter(proto.index, "index")), entries: entries,
            commit: LogIndex(try Check.counter(proto.commit, "commit")),
            vote: ReplicaID(try Check.counter(proto.vote, "vote")),
            snapshot: proto.hasSnapshot ? try Snapshot(proto.snapshot) : nil, reject: proto.reject,
            rejectHint: LogIndex(try Check.counter(proto.rejectHint, "reject hint")), context: [UInt8](proto.context))
        try checkShape()
    }

    /// What holds for every message between nodes, whoever made it.
    private func checkShape() throws(WireError) {
        guard kind.crossesNetwork else { throw .unknownKind(UInt32(kind.rawValue)) }
        _ = try Check.nonzero(to.rawValue, "to")
        _ = try Check.nonzero(from.rawValue, "from")
        try Check.size(context.count, atMost: WireLimits.contextBytes, "context")
        try Check.size(entries.count, atMost: WireLimits.entries, "entries")
        try Check.size(
            entries.reduce(0) { $0 + $1.payload.count }, atMost: WireLimits.appendPayloadBytes, "payloads of a message")
        switch kind {
        case .append:
            var last = LogPosition(term: logTerm, index: index)
            for entry in entries {
                guard entry.index.rawValue == last.index.rawValue &+ 1, entry.term >= last.term, entry.term <= term,
                    entry.term != .zero
                else { throw .inconsistent("the entries of an append do not follow each other") }
                last = entry.position
            }
        case .propose, .readIndex, .readIndexResponse:
            break
        default:
            guard entries.isEmpty else { throw .inconsistent("entries in a message that carries none") }
        }
        if kind == .snapshot {
            guard let snapshot, !snapshot.isEmpty else { throw .missingField("snapshot") }
        } else {
            guard snapshot == nil else { throw .inconsistent("a snapshot in a message that carries none") }
        }
    }
}
