import Raft
import SwiftProtobuf

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Beat {
    func proto() throws(WireError) -> ProtoBeat {
        try Check.size(context.count, atMost: WireLimits.contextBytes, "context")
        var proto = ProtoBeat()
        proto.group = group.rawValue
        proto.term = term.rawValue
        proto.commit = commit.rawValue
        proto.isResponse = isResponse
        proto.context = Data(context)
        return proto
    }

    init(_ proto: ProtoBeat) throws(WireError) {
        try Check.size(proto.context.count, atMost: WireLimits.contextBytes, "context")
        self.init(
            group: GroupID(try Check.nonzero(proto.group, "group")), term: Term(try Check.counter(proto.term, "term")),
            commit: LogIndex(try Check.counter(proto.commit, "commit")), isResponse: proto.isResponse,
            context: [UInt8](proto.context))
    }
}

extension PeerFrame {
    /// The frame as the bytes that follow the length prefix. Throws for what a receiver would refuse.
    package func wireBytes() throws(WireError) -> [UInt8] { try PeerEnvelope.frame(self).wireBytes() }

    /// Decodes a frame; other envelopes are `malformed`.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        guard case .frame(let frame) = try PeerEnvelope(wireBytes: bytes) else { throw .malformed }
        self = frame
    }

    func content() throws(WireError) -> ProtoEnvelope.OneOf_Content {
        switch self {
        case .message(let group, let message):
            var proto = ProtoGroupMessage()
            proto.group = try Check.nonzero(group.rawValue, "group")
            proto.message = try message.proto()
            return .message(proto)
        case .beats(let beats, let from, let to):
            try Check.size(beats.count, atMost: WireLimits.beats, "beats")
            var proto = ProtoBeats()
            proto.from = try Check.nonzero(from.rawValue, "from")
            proto.to = try Check.nonzero(to.rawValue, "to")
            for beat in beats { proto.beats.append(try beat.proto()) }
            return .beats(proto)
        }
    }

    init(_ proto: ProtoGroupMessage) throws(WireError) {
        guard proto.hasMessage else { throw .missingField("message") }
        self = .message(
            group: GroupID(try Check.nonzero(proto.group, "group")), try Raft.Message(proto.message))
    }

    init(_ proto: ProtoBeats) throws(WireError) {
        try Check.size(proto.beats.count, atMost: WireLimits.beats, "beats")
        var beats: [Beat] = []
        beats.reserveCapacity(proto.beats.count)
        for beat in proto.beats { beats.append(try Beat(beat)) }
        self = .beats(
            beats, from: ReplicaID(try Check.nonzero(proto.from, "from")),
            to: ReplicaID(try Check.nonzero(proto.to, "to")))
    }
}
