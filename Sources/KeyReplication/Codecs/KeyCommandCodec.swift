package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Key commands as log payloads.
package enum KeyCommandCodec {
    package static func encode(_ command: KeyCommand) -> [UInt8] { command.bytes }

    /// Throws for anything that this program would not have written, down to a single unknown field: a command of a
    /// newer program must stop the group, never be applied in part.
    package static func decode(_ payload: [UInt8]) throws(CodecError) -> KeyCommand {
        try KeyCommand(bytes: payload)
    }
}

extension CommandHeader {
    init(_ proto: ProtoHeaderRow) {
        self.init(
            proposedAt: proto.proposedAt, principal: proto.principal,
            idempotency: proto.hasIdempotencyKey
                ? Idempotency(key: [UInt8](proto.idempotencyKey), requestDigest: [UInt8](proto.requestDigest)) : nil)
    }

    var proto: ProtoHeaderRow {
        var row = ProtoHeaderRow()
        row.proposedAt = proposedAt
        row.principal = principal
        if let idempotency {
            row.idempotencyKey = .init(idempotency.key)
            row.requestDigest = .init(idempotency.requestDigest)
        }
        return row
    }
}

extension KeyCommand: StoredRow {
    package init(_ proto: ProtoKeyCommandRow) throws(CodecError) {
        guard let body = proto.body else { throw CodecError("a key command is of a kind that is not known here") }
        self.init(try Body(body), header: CommandHeader(proto.header))
    }

    package var proto: ProtoKeyCommandRow {
        var row = ProtoKeyCommandRow()
        row.header = header.proto
        row.body = body.proto
        return row
    }
}

extension KeyCommand.Body {
    init(_ proto: ProtoKeyCommandRow.OneOf_Body) throws(CodecError) {
        switch proto {
        case .initialize(let row):
            self = .initialize(
                placement: try Placement(row.placement.placement),
                regions: try each(row.placement.regions, Region.init(_:)),
                holders: try each(row.holders, Holder.init(_:)))
        case .admitHolder(let row): self = .admitHolder(try Holder(row))
        case .removeHolder(let replica): self = .removeHolder(replica: replica)
        case .updatePlacement(let row):
            self = .updatePlacement(try Placement(row.placement), regions: try each(row.regions, Region.init(_:)))
        case .beginEpoch(let row):
            self = .beginEpoch(EpochNumber(row.number), keyCheckValue: [UInt8](row.keyCheckValue))
        case .recordReceipt(let row):
            self = .recordReceipt(EpochNumber(row.epoch), replica: row.replica, digest: [UInt8](row.digest))
        case .activateEpoch(let number): self = .activateEpoch(EpochNumber(number))
        case .retireEpoch(let number): self = .retireEpoch(EpochNumber(number))
        case .putTenantKey(let row): self = .putTenantKey(try KeyCommand.PutTenantKey(row))
        case .createKey(let row): self = .createKey(try KeyCommand.CreateKey(row))
        case .rotateKey(let row):
            self = .rotateKey(
                try KeyName(row.name), expected: row.expected, wrapped: try WrappedKeyMaterial(row.wrapped))
        case .activateVersion(let row): self = .activateVersion(try KeyName(row.name), KeyVersionNumber(row.number))
        case .disableKey(let name): self = .disableKey(try KeyName(name))
        case .enableKey(let name): self = .enableKey(try KeyName(name))
        case .setTags(let row): self = .setTags(try KeyName(row.name), row.tags.map(KeyTag.init(_:)))
        case .putPolicy(let row): self = .putPolicy(try Policy(row))
        case .deletePolicy(let name): self = .deletePolicy(name: name)
        case .raiseFeatureLevel(let level): self = .raiseFeatureLevel(level)
        }
    }

    var proto: ProtoKeyCommandRow.OneOf_Body {
        switch self {
        case .initialize(let placement, let regions, let holders):
            var row = ProtoKeyCommandRow.Initialize()
            row.placement = .init(placement, regions)
            row.holders = holders.map(\.proto)
            return .initialize(row)
        case .admitHolder(let holder): return .admitHolder(holder.proto)
        case .removeHolder(let replica): return .removeHolder(replica)
        case .updatePlacement(let placement, let regions):
            return .updatePlacement(.init(placement, regions))
        case .beginEpoch(let number, let checkValue):
            var row = ProtoKeyCommandRow.BeginEpoch()
            row.number = number.rawValue
            row.keyCheckValue = .init(checkValue)
            return .beginEpoch(row)
        case .recordReceipt(let number, let replica, let digest):
            var row = ProtoKeyCommandRow.RecordReceipt()
            row.epoch = number.rawValue
            row.replica = replica
            row.digest = .init(digest)
            return .recordReceipt(row)
        case .activateEpoch(let number): return .activateEpoch(number.rawValue)
        case .retireEpoch(let number): return .retireEpoch(number.rawValue)
        case .putTenantKey(let command): return .putTenantKey(command.proto)
        case .createKey(let command): return .createKey(command.proto)
        case .rotateKey(let name, let expected, let wrapped): return .rotateKey(.init(name, expected, wrapped))
        case .activateVersion(let name, let number): return .activateVersion(.init(name, number))
        case .disableKey(let name): return .disableKey(name.proto)
        case .enableKey(let name): return .enableKey(name.proto)
        case .setTags(let name, let tags): return .setTags(.init(name, tags))
        case .putPolicy(let policy): return .putPolicy(policy.proto)
        case .deletePolicy(let name): return .deletePolicy(name)
        case .raiseFeatureLevel(let level): return .raiseFeatureLevel(level)
        }
    }
}
