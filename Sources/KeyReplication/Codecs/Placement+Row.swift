package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Placement: StoredRow {
    package init(_ proto: ProtoPlacementRow) throws(CodecError) {
        let survive: Survival
        switch proto.survive {
        case 1: survive = .region
        case 2: survive = .node
        default: throw CodecError("a placement's survival is out of range")
        }
        self.init(
            name: try legal { () throws(KMSError) in try PlacementName(proto.name) }, version: proto.version,
            allowedJurisdictions: proto.allowedJurisdictions, replicas: Int(proto.replicas),
            leaderPreference: proto.leaderPreference, survive: survive, maxStaleness: proto.maxStalenessMs,
            servePlaintextAt: proto.servePlaintextAt)
    }

    package var proto: ProtoPlacementRow {
        var row = ProtoPlacementRow()
        row.name = name.rawValue
        row.version = version
        row.allowedJurisdictions = allowedJurisdictions
        row.replicas = UInt32(clamping: replicas)
        row.leaderPreference = leaderPreference
        row.survive = survive == .region ? 1 : 2
        row.maxStalenessMs = maxStaleness
        row.servePlaintextAt = servePlaintextAt
        return row
    }
}

extension Region: StoredRow {
    package init(_ proto: ProtoRegionRow) throws(CodecError) {
        self.init(name: proto.name, cloud: proto.cloud, jurisdictions: proto.jurisdictions)
    }

    package var proto: ProtoRegionRow {
        var row = ProtoRegionRow()
        row.name = name
        row.cloud = cloud
        row.jurisdictions = jurisdictions
        return row
    }
}

extension PlacementRecord: StoredRow {
    package init(_ proto: ProtoPlacementRecordRow) throws(CodecError) {
        self.init(placement: try Placement(proto.placement), regions: try each(proto.regions, Region.init(_:)))
    }

    package var proto: ProtoPlacementRecordRow {
        var row = ProtoPlacementRecordRow()
        row.placement = placement.proto
        row.regions = regions.map(\.proto)
        return row
    }
}

extension Holder: StoredRow {
    package init(_ proto: ProtoHolderRow) throws(CodecError) {
        self.init(
            replica: proto.replica, node: proto.node, region: proto.region, jurisdictions: proto.jurisdictions,
            sealingKey: [UInt8](proto.sealingKey))
    }

    package var proto: ProtoHolderRow {
        var row = ProtoHolderRow()
        row.replica = replica
        row.node = node
        row.region = region
        row.jurisdictions = jurisdictions
        row.sealingKey = .init(sealingKey)
        return row
    }
}
