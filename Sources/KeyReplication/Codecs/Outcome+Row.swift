package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension CommandOutcome: StoredRow {
    package init(_ proto: ProtoOutcomeRow) throws(CodecError) {
        switch proto.outcome {
        case .created(let key): self = .created(try Key(key))
        case .updated(let key): self = .updated(try Key(key))
        case .accepted(true): self = .accepted
        case .epoch(let epoch): self = .epoch(try Epoch(epoch))
        case .rejected(let rejected):
            self = .rejected(try required(KMSError.Code(rawValue: rejected.code), "a refusal's code"), rejected.message)
        case .accepted(false), nil: throw CodecError("an outcome is none of a key command")
        }
    }

    package var proto: ProtoOutcomeRow {
        var row = ProtoOutcomeRow()
        switch self {
        case .created(let key): row.created = key.proto
        case .updated(let key): row.updated = key.proto
        case .accepted: row.accepted = true
        case .epoch(let epoch): row.epoch = epoch.proto
        case .rejected(let code, let message): row.rejected = .init(code, message)
        }
        return row
    }
}

extension ProtoOutcomeRow.Rejected {
    fileprivate init(_ code: KMSError.Code, _ message: String) {
        self.init()
        self.code = code.rawValue
        self.message = message
    }
}

extension IdempotencyRecord: StoredRow {
    package init(_ proto: ProtoIdempotencyRow) throws(CodecError) {
        self.init(
            principal: proto.principal, key: [UInt8](proto.key), requestDigest: [UInt8](proto.requestDigest),
            outcome: try CommandOutcome(proto.outcome), index: proto.index, at: proto.at)
    }

    package var proto: ProtoIdempotencyRow {
        var row = ProtoIdempotencyRow()
        row.principal = principal
        row.key = .init(key)
        row.requestDigest = .init(requestDigest)
        row.outcome = outcome.proto
        row.index = index
        row.at = at
        return row
    }
}
