package import Raft
import SwiftProtobuf

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension LogEntry {
    /// The entry as protobuf. Throws when the payload is over `WireLimits.entryPayloadBytes`.
    package func wireBytes() throws(WireError) -> [UInt8] { try Coding.bytes(proto()) }

    /// Decodes an entry; unknown kinds and payloads over the limit are refused.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        try self.init(Coding.message(ProtoEntry.self, from: bytes))
    }

    func proto() throws(WireError) -> ProtoEntry {
        try Check.size(payload.count, atMost: WireLimits.entryPayloadBytes, "entry payload")
        var proto = ProtoEntry()
        proto.term = term.rawValue
        proto.index = index.rawValue
        proto.kind = UInt32(kind.rawValue)
        proto.payload = Data(payload)
        return proto
    }

    init(_ proto: ProtoEntry) throws(WireError) {
        guard let raw = UInt8(exactly: proto.kind), let kind = EntryKind(rawValue: raw) else {
            throw .unknownKind(proto.kind)
        }
        try Check.size(proto.payload.count, atMost: WireLimits.entryPayloadBytes, "entry payload")
        self.init(
            term: Term(try Check.counter(proto.term, "entry term")),
            index: LogIndex(try Check.counter(proto.index, "entry index")), kind: kind, payload: [UInt8](proto.payload))
    }
}

extension HardState {
    /// The hard state as protobuf.
    package func wireBytes() throws(WireError) -> [UInt8] {
        var proto = ProtoHardState()
        proto.term = term.rawValue
        proto.vote = vote.rawValue
        proto.commit = commit.rawValue
        return try Coding.bytes(proto)
    }

    /// Decodes a hard state.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        let proto = try Coding.message(ProtoHardState.self, from: bytes)
        self.init(
            term: Term(try Check.counter(proto.term, "term")), vote: ReplicaID(try Check.counter(proto.vote, "vote")),
            commit: LogIndex(try Check.counter(proto.commit, "commit")))
    }
}

extension Membership {
    /// The membership as protobuf. Throws when a list is unsorted, holds a duplicate, or is over `WireLimits.members`.
    package func wireBytes() throws(WireError) -> [UInt8] { try Coding.bytes(proto()) }

    /// Decodes a membership under the same conditions.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        try self.init(Coding.message(ProtoMembership.self, from: bytes))
    }

    func proto() throws(WireError) -> ProtoMembership {
        var proto = ProtoMembership()
        proto.voters = voters.map(\.rawValue)
        proto.learners = learners.map(\.rawValue)
        proto.votersOutgoing = votersOutgoing.map(\.rawValue)
        proto.learnersNext = learnersNext.map(\.rawValue)
        proto.autoLeave = autoLeave
        _ = try Membership(proto)
        return proto
    }

    init(_ proto: ProtoMembership) throws(WireError) {
        self.init(
            voters: try Check.replicas(proto.voters, "voters"),
            learners: try Check.replicas(proto.learners, "learners"),
            votersOutgoing: try Check.replicas(proto.votersOutgoing, "outgoing voters"),
            learnersNext: try Check.replicas(proto.learnersNext, "next learners"), autoLeave: proto.autoLeave)
    }
}

extension SnapshotMetadata {
    /// The metadata as protobuf.
    package func wireBytes() throws(WireError) -> [UInt8] { try Coding.bytes(proto()) }

    /// Decodes the metadata; a missing membership is refused.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        try self.init(Coding.message(ProtoSnapshotMetadata.self, from: bytes))
    }

    func proto() throws(WireError) -> ProtoSnapshotMetadata {
        var proto = ProtoSnapshotMetadata()
        proto.term = position.term.rawValue
        proto.index = position.index.rawValue
        proto.membership = try membership.proto()
        return proto
    }

    init(_ proto: ProtoSnapshotMetadata) throws(WireError) {
        guard proto.hasMembership else { throw .missingField("snapshot membership") }
        self.init(
            position: LogPosition(
                term: Term(try Check.counter(proto.term, "snapshot term")),
                index: LogIndex(try Check.counter(proto.index, "snapshot index"))),
            membership: try Membership(proto.membership))
    }
}

extension Snapshot {
    /// The snapshot as protobuf. Throws when its data is over `WireLimits.snapshotBytes`.
    package func wireBytes() throws(WireError) -> [UInt8] { try Coding.bytes(proto()) }

    /// Decodes a snapshot; missing metadata is refused.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        try self.init(Coding.message(ProtoSnapshot.self, from: bytes))
    }

    func proto() throws(WireError) -> ProtoSnapshot {
        try Check.size(data.count, atMost: WireLimits.snapshotBytes, "snapshot data")
        var proto = ProtoSnapshot()
        proto.metadata = try metadata.proto()
        proto.data = Data(data)
        return proto
    }

    init(_ proto: ProtoSnapshot) throws(WireError) {
        guard proto.hasMetadata else { throw .missingField("snapshot metadata") }
        try Check.size(proto.data.count, atMost: WireLimits.snapshotBytes, "snapshot data")
        self.init(metadata: try SnapshotMetadata(proto.metadata), data: [UInt8](proto.data))
    }
}
