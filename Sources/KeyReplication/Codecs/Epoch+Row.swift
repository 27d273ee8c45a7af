package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Epoch: StoredRow {
    package init(_ proto: ProtoEpochRow) throws(CodecError) {
        self.init(
            number: EpochNumber(proto.number),
            state: try required(UInt8(exactly: proto.state).flatMap(State.init(rawValue:)), "an epoch's state"),
            keyCheckValue: [UInt8](proto.keyCheckValue),
            receipts: proto.receipts.map {
                EpochReceipt(replica: $0.replica, region: $0.region, digest: [UInt8]($0.digest))
            },
            tenantKeys: proto.tenantKeys, createdAt: proto.createdAt,
            activatedAt: proto.hasActivatedAt ? proto.activatedAt : nil)
    }

    package var proto: ProtoEpochRow {
        var row = ProtoEpochRow()
        row.number = number.rawValue
        row.state = UInt32(state.rawValue)
        row.keyCheckValue = .init(keyCheckValue)
        row.receipts = receipts.map {
            var receipt = ProtoEpochReceiptRow()
            receipt.replica = $0.replica
            receipt.region = $0.region
            receipt.digest = .init($0.digest)
            return receipt
        }
        row.tenantKeys = tenantKeys
        row.createdAt = createdAt
        if let activatedAt { row.activatedAt = activatedAt }
        return row
    }
}

extension EpochLedger: StoredRow {
    package init(_ proto: ProtoEpochLedgerRow) throws(CodecError) {
        self.init(last: EpochNumber(proto.last), current: proto.hasCurrent ? EpochNumber(proto.current) : nil)
    }

    package var proto: ProtoEpochLedgerRow {
        var row = ProtoEpochLedgerRow()
        row.last = last.rawValue
        if let current { row.current = current.rawValue }
        return row
    }
}

extension WrappedKeyMaterial {
    package init(_ proto: ProtoWrappedRow) throws(CodecError) {
        let wrapping: Wrapping
        switch proto.wrapping {
        case .epoch(let number): wrapping = .epoch(EpochNumber(number))
        case .tenantKey(let number): wrapping = .tenantKey(TenantKeyNumber(number))
        case nil: throw CodecError("a wrap does not say what opens it")
        }
        self.init(bytes: [UInt8](proto.bytes), wrapping: wrapping)
    }

    package var proto: ProtoWrappedRow {
        var row = ProtoWrappedRow()
        row.bytes = .init(bytes)
        switch wrapping {
        case .epoch(let number): row.epoch = number.rawValue
        case .tenantKey(let number): row.tenantKey = number.rawValue
        }
        return row
    }
}

extension Tenant: StoredRow {
    package init(_ proto: ProtoTenantRow) throws(CodecError) {
        self.init(
            name: try legal { () throws(KMSError) in try TenantName(proto.name) },
            keys: try each(proto.keys) { key throws(CodecError) in
                TenantKey(
                    number: TenantKeyNumber(key.number), wrapped: try WrappedKeyMaterial(key.wrapped),
                    checkValue: [UInt8](key.checkValue), createdAt: key.createdAt)
            })
    }

    package var proto: ProtoTenantRow {
        var row = ProtoTenantRow()
        row.name = name.rawValue
        row.keys = keys.map {
            var key = ProtoTenantKeyRow()
            key.number = $0.number.rawValue
            key.wrapped = $0.wrapped.proto
            key.checkValue = .init($0.checkValue)
            key.createdAt = $0.createdAt
            return key
        }
        return row
    }
}
