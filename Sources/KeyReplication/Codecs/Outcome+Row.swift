import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension IdempotencyRecord: StoredRow {
    package init(_ proto: ProtoIdempotencyRow) throws(CodecError) {
        self.init(
            principal: proto.principal, key: [UInt8](proto.key), requestDigest: [UInt8](proto.requestDigest),
            outcome: try CommandOutcome(proto.outcome, of: [UInt8](proto.subject)), index: proto.index, at: proto.at)
    }

    package var proto: ProtoIdempotencyRow { proto(subject: outcome.subject) }

    /// As `proto`, for a caller that has the bytes of what the outcome is about.
    func proto(subject: [UInt8]) -> ProtoIdempotencyRow {
        var row = ProtoIdempotencyRow()
        row.principal = principal
        row.key = .init(key)
        row.requestDigest = .init(requestDigest)
        row.outcome = outcome.kind
        row.subject = .init(subject)
        row.index = index
        row.at = at
        return row
    }
}

extension CommandOutcome {
    fileprivate init(_ kind: UInt32, of subject: [UInt8]) throws(CodecError) {
        switch kind {
        case 1: self = .created(try Key(bytes: subject))
        case 2: self = .updated(try Key(bytes: subject))
        case 3: self = .accepted
        case 4: self = .epoch(try Epoch(bytes: subject))
        case 5:
            let refusal = try Refusal(bytes: subject)
            self = .rejected(refusal.code, refusal.message)
        default: throw CodecError("an outcome is of a kind that is not known here")
        }
    }

    fileprivate var kind: UInt32 {
        switch self {
        case .created: 1
        case .updated: 2
        case .accepted: 3
        case .epoch: 4
        case .rejected: 5
        }
    }

    fileprivate var subject: [UInt8] {
        switch self {
        case .created(let key), .updated(let key): key.bytes
        case .accepted: []
        case .epoch(let epoch): epoch.bytes
        case .rejected(let code, let message): Refusal(code: code, message: message).bytes
        }
    }
}

/// Why a command was refused, as a row.
private struct Refusal: StoredRow {
    var code: KMSError.Code
    var message: String

    init(code: KMSError.Code, message: String) {
        self.code = code
        self.message = message
    }

    init(_ proto: ProtoRejectedRow) throws(CodecError) {
        self.init(code: try required(KMSError.Code(rawValue: proto.code), "a refusal's code"), message: proto.message)
    }

    var proto: ProtoRejectedRow {
        var row = ProtoRejectedRow()
        row.code = code.rawValue
        row.message = message
        return row
    }
}
