package import KeyModel

extension Policy: StoredRow {
    package init(_ proto: ProtoPolicyRow) throws(CodecError) {
        self.init(
            name: proto.name, version: proto.version, statements: try each(proto.statements, PolicyStatement.init(_:)),
            document: proto.document)
    }

    package var proto: ProtoPolicyRow {
        var row = ProtoPolicyRow()
        row.name = name
        row.version = version
        row.statements = statements.map(\.proto)
        row.document = document
        return row
    }
}

extension PolicyStatement {
    init(_ proto: ProtoStatementRow) throws(CodecError) {
        let effect: Effect
        switch proto.effect {
        case 1: effect = .allow
        case 2: effect = .forbid
        default: throw CodecError("a statement's effect is out of range")
        }
        self.init(
            id: proto.id, effect: effect,
            principals: try each(proto.principals) { text throws(CodecError) in
                try legal { () throws(KMSError) in try PrincipalPattern(parsing: text) }
            },
            actions: try each(proto.actions) { word throws(CodecError) in
                try legal { () throws(KMSError) in try ActionSelector(parsing: word) }
            },
            keys: try KeySelector(proto.keys), conditions: try each(proto.conditions, ContextCondition.init(_:)))
    }

    var proto: ProtoStatementRow {
        var row = ProtoStatementRow()
        row.id = id
        row.effect = effect == .allow ? 1 : 2
        row.principals = principals.map(\.text)
        row.actions = actions.map(\.rawValue)
        row.keys = keys.proto
        row.conditions = conditions.map(\.proto)
        return row
    }
}

extension KeySelector {
    init(_ proto: ProtoSelectorRow) throws(CodecError) {
        self.init(
            placement: proto.hasPlacement
                ? try legal { () throws(KMSError) in try PlacementName(proto.placement) } : nil,
            tenant: proto.hasTenant ? try legal { () throws(KMSError) in try TenantName(proto.tenant) } : nil,
            name: proto.hasName ? try legal { () throws(KMSError) in try NamePattern(parsing: proto.name) } : nil,
            tags: proto.tags.map(KeyTag.init(_:)))
    }

    var proto: ProtoSelectorRow {
        var row = ProtoSelectorRow()
        if let placement { row.placement = placement.rawValue }
        if let tenant { row.tenant = tenant.rawValue }
        if let name { row.name = name.text }
        row.tags = tags.map(\.proto)
        return row
    }
}

extension ContextCondition {
    init(_ proto: ProtoConditionRow) throws(CodecError) {
        switch proto.test {
        case .present(true): self.init(key: proto.key, test: .present)
        case .equals(let text): self.init(key: proto.key, test: .equals(text))
        case .prefix(let text): self.init(key: proto.key, test: .prefix(text))
        case .present(false), nil: throw CodecError("a condition does not say what it asks")
        }
    }

    var proto: ProtoConditionRow {
        var row = ProtoConditionRow()
        row.key = key
        switch test {
        case .present: row.present = true
        case .equals(let text): row.equals = text
        case .prefix(let text): row.prefix = text
        }
        return row
    }
}
