import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ProtoPlacementRecordRow {
    /// The regions as the command names them; only the stored record sorts them.
    init(_ placement: Placement, _ regions: [Region]) {
        self.init()
        self.placement = placement.proto
        self.regions = regions.map(\.proto)
    }
}

extension ProtoKeyCommandRow.RotateKey {
    init(_ name: KeyName, _ expected: UInt64, _ wrapped: WrappedKeyMaterial) {
        self.init()
        self.name = name.proto
        self.expected = expected
        self.wrapped = wrapped.proto
    }
}

extension ProtoKeyCommandRow.ActivateVersion {
    init(_ name: KeyName, _ number: KeyVersionNumber) {
        self.init()
        self.name = name.proto
        self.number = number.rawValue
    }
}

extension ProtoKeyCommandRow.SetTags {
    init(_ name: KeyName, _ tags: [KeyTag]) {
        self.init()
        self.name = name.proto
        self.tags = tags.map(\.proto)
    }
}

extension KeyCommand.PutTenantKey {
    init(_ proto: ProtoKeyCommandRow.PutTenantKey) throws(CodecError) {
        self.init(
            tenant: try legal { () throws(KMSError) in try TenantName(proto.tenant) },
            number: TenantKeyNumber(proto.number), wrapped: try WrappedKeyMaterial(proto.wrapped),
            checkValue: [UInt8](proto.checkValue), replacing: proto.hasReplacing ? EpochNumber(proto.replacing) : nil)
    }

    var proto: ProtoKeyCommandRow.PutTenantKey {
        var row = ProtoKeyCommandRow.PutTenantKey()
        row.tenant = tenant.rawValue
        row.number = number.rawValue
        row.wrapped = wrapped.proto
        row.checkValue = .init(checkValue)
        if let replacing { row.replacing = replacing.rawValue }
        return row
    }
}

extension KeyCommand.CreateKey {
    init(_ proto: ProtoKeyCommandRow.CreateKey) throws(CodecError) {
        let named = try NamedKey(proto.name)
        self.init(
            id: named.id, name: named.name, algorithm: try Algorithm(number: proto.algorithm),
            wrapped: try WrappedKeyMaterial(proto.wrapped), tags: proto.tags.map(KeyTag.init(_:)))
    }

    var proto: ProtoKeyCommandRow.CreateKey {
        var row = ProtoKeyCommandRow.CreateKey()
        row.name = NamedKey(name: name, id: id).proto
        row.algorithm = algorithm.number
        row.wrapped = wrapped.proto
        row.tags = tags.map(\.proto)
        return row
    }
}
