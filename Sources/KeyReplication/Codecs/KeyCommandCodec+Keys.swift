import KeyModel

extension KeyCommand.Body {
    /// The commands about one key.
    var keyProto: ProtoKeyCommandRow.OneOf_Body {
        switch self {
        case .createKey(let command): return .createKey(command.proto)
        case .rotateKey(let name, let expected, let wrapped):
            var row = ProtoKeyCommandRow.RotateKey()
            row.name = name.proto
            row.expected = expected
            row.wrapped = wrapped.proto
            return .rotateKey(row)
        case .activateVersion(let name, let number):
            var row = ProtoKeyCommandRow.ActivateVersion()
            row.name = name.proto
            row.number = number.rawValue
            return .activateVersion(row)
        case .disableKey(let name): return .disableKey(name.proto)
        case .enableKey(let name): return .enableKey(name.proto)
        case .setTags(let name, let tags):
            var row = ProtoKeyCommandRow.SetTags()
            row.name = name.proto
            row.tags = tags.map(\.proto)
            return .setTags(row)
        default: return proto
        }
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
