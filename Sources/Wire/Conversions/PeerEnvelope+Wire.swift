import Raft
import SwiftProtobuf

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension PeerEnvelope {
    /// The envelope as the bytes that follow the length prefix. Texts are shortened to `WireLimits.reasonBytes`.
    package func wireBytes() throws(WireError) -> [UInt8] {
        var proto = ProtoEnvelope()
        proto.content = try content()
        return try Coding.bytes(proto)
    }

    /// Decodes an envelope. Repeated fields are counted before they are decoded.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        for (path, limit, field) in Self.bounded {
            guard let count = FieldCensus.count(path, in: bytes) else { throw .malformed }
            try Check.size(count, atMost: limit, field)
        }
        guard let content = try Coding.message(ProtoEnvelope.self, from: bytes).content else {
            throw .missingField("content")
        }
        try self.init(content)
    }

    /// Field numbers of `peer.proto` and `consensus.proto` that lead to each repeated message.
    private static let bounded: [(path: [UInt64], limit: Int, field: String)] = [
        ([6, 2, 7], WireLimits.entries, "entries"),
        ([7, 3], WireLimits.beats, "beats"),
    ]

    private func content() throws(WireError) -> ProtoEnvelope.OneOf_Content {
        switch self {
        case .opening(let hello, let purpose, let process):
            var proto = ProtoOpening()
            proto.hello = try hello.proto()
            proto.purpose = purpose.rawValue
            proto.process = process
            return .opening(proto)
        case .welcome: return .welcome(ProtoWelcome())
        case .refusal(let reason):
            var proto = ProtoRefusal()
            proto.reason = Check.shortened(reason, to: WireLimits.reasonBytes)
            return .refusal(proto)
        case .goodbye: return .goodbye(ProtoGoodbye())
        case .probe(let isAnswer):
            var proto = ProtoProbe()
            proto.isAnswer = isAnswer
            return .probe(proto)
        case .frame(let frame): return try frame.content()
        case .call(let id, let service, let body):
            try Check.size(body.count, atMost: WireLimits.callBytes, "call body")
            var proto = ProtoCall()
            proto.id = id
            proto.service = UInt32(service)
            proto.body = Data(body)
            return .call(proto)
        case .answer(let id, let body):
            try Check.size(body.count, atMost: WireLimits.callBytes, "answer body")
            var proto = ProtoReply()
            proto.id = id
            proto.body = Data(body)
            return .reply(proto)
        case .failure(let id, let reason):
            var proto = ProtoReply()
            proto.id = id
            proto.failure = Check.shortened(reason, to: WireLimits.reasonBytes)
            return .reply(proto)
        }
    }

    private init(_ content: ProtoEnvelope.OneOf_Content) throws(WireError) {
        switch content {
        case .opening(let proto):
            guard proto.hasHello else { throw .missingField("hello") }
            guard let purpose = ConnectionPurpose(rawValue: proto.purpose) else { throw .unknownKind(proto.purpose) }
            self = .opening(try PeerHello(proto.hello), purpose: purpose, process: proto.process)
        case .welcome: self = .welcome
        case .refusal(let proto):
            try Check.size(proto.reason.utf8.count, atMost: WireLimits.reasonBytes, "reason")
            self = .refusal(proto.reason)
        case .goodbye: self = .goodbye
        case .probe(let proto): self = .probe(isAnswer: proto.isAnswer)
        case .message(let proto): self = .frame(try PeerFrame(proto))
        case .beats(let proto): self = .frame(try PeerFrame(proto))
        case .call(let proto):
            guard let service = UInt16(exactly: proto.service) else { throw .outOfRange("service") }
            try Check.size(proto.body.count, atMost: WireLimits.callBytes, "call body")
            self = .call(id: proto.id, service: service, body: [UInt8](proto.body))
        case .reply(let proto):
            switch proto.outcome {
            case .body(let body):
                try Check.size(body.count, atMost: WireLimits.callBytes, "answer body")
                self = .answer(id: proto.id, body: [UInt8](body))
            case .failure(let reason):
                try Check.size(reason.utf8.count, atMost: WireLimits.reasonBytes, "reason")
                self = .failure(id: proto.id, reason: reason)
            case nil: throw .missingField("outcome")
            }
        }
    }
}
