package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Key: StoredRow {
    package init(_ proto: ProtoKeyRow) throws(CodecError) {
        let name = try legal { () throws(KMSError) in
            try KeyName(placement: PlacementName(proto.placement), tenant: TenantName(proto.tenant), key: proto.name)
        }
        self.init(
            id: try required(KeyID(proto.id), "a key's id"), name: name,
            algorithm: try Algorithm(number: proto.algorithm),
            createdAt: proto.createdAt, generation: proto.generation, primary: KeyVersionNumber(proto.primary),
            versions: try each(proto.versions, KeyVersion.init(_:)), tags: proto.tags.map(KeyTag.init(_:)),
            isEnabled: proto.enabled)
    }

    package var proto: ProtoKeyRow {
        var row = ProtoKeyRow()
        row.id = .init(id.bytes)
        row.placement = name.placement.rawValue
        row.tenant = name.tenant.rawValue
        row.name = name.key
        row.algorithm = algorithm.number
        row.createdAt = createdAt
        row.generation = generation
        row.primary = primary.rawValue
        row.versions = versions.map(\.proto)
        row.tags = tags.map(\.proto)
        row.enabled = isEnabled
        return row
    }
}

extension KeyVersion {
    init(_ proto: ProtoKeyVersionRow) throws(CodecError) {
        self.init(
            number: KeyVersionNumber(proto.number), state: try KeyState(proto.state),
            wrapped: proto.hasWrapped ? try WrappedKeyMaterial(proto.wrapped) : nil, createdAt: proto.createdAt,
            activatedAt: proto.hasActivatedAt ? proto.activatedAt : nil)
    }

    var proto: ProtoKeyVersionRow {
        var row = ProtoKeyVersionRow()
        row.number = number.rawValue
        row.state = state.proto
        if let wrapped { row.wrapped = wrapped.proto }
        row.createdAt = createdAt
        if let activatedAt { row.activatedAt = activatedAt }
        return row
    }
}

extension KeyState {
    init(_ proto: ProtoKeyStateRow) throws(CodecError) {
        switch proto.kind {
        case 1: self = .preActive
        case 2: self = .active
        case 3: self = .suspended
        case 4: self = .deactivated
        case 5: self = .compromised
        case 6: self = .pendingDestruction(deadline: proto.deadline, compromised: proto.compromised)
        case 7: self = .destroyed
        default: throw CodecError("a key version's state is out of range")
        }
    }

    var proto: ProtoKeyStateRow {
        var row = ProtoKeyStateRow()
        switch self {
        case .preActive: row.kind = 1
        case .active: row.kind = 2
        case .suspended: row.kind = 3
        case .deactivated: row.kind = 4
        case .compromised: row.kind = 5
        case .pendingDestruction(let deadline, let compromised):
            row.kind = 6
            row.deadline = deadline
            row.compromised = compromised
        case .destroyed: row.kind = 7
        }
        return row
    }
}

extension Algorithm {
    init(number: UInt32) throws(CodecError) {
        switch number {
        case 1: self = .aes256
        default: throw CodecError("an algorithm is not known")
        }
    }

    var number: UInt32 {
        switch self {
        case .aes256: 1
        }
    }
}

extension KeyTag {
    init(_ proto: ProtoTagRow) { self.init(key: proto.key, value: proto.value) }

    var proto: ProtoTagRow {
        var row = ProtoTagRow()
        row.key = key
        row.value = value
        return row
    }
}

/// A row of the index from names to ids.
package struct NamedKey: StoredRow {
    let name: KeyName
    let id: KeyID

    init(name: KeyName, id: KeyID) {
        self.name = name
        self.id = id
    }

    package init(_ proto: ProtoKeyNameRow) throws(CodecError) {
        name = try KeyName(proto)
        id = try required(KeyID(proto.id), "a key's id")
    }

    package var proto: ProtoKeyNameRow {
        var row = name.proto
        row.id = .init(id.bytes)
        return row
    }
}

extension KeyName {
    init(_ proto: ProtoKeyNameRow) throws(CodecError) {
        self = try legal { () throws(KMSError) in
            try KeyName(placement: PlacementName(proto.placement), tenant: TenantName(proto.tenant), key: proto.name)
        }
    }

    var proto: ProtoKeyNameRow {
        var row = ProtoKeyNameRow()
        row.placement = placement.rawValue
        row.tenant = tenant.rawValue
        row.name = key
        return row
    }
}
