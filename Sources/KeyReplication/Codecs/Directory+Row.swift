package import KeyModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension DirectoryNode: StoredRow {
    package init(_ proto: ProtoNodeRow) throws(CodecError) {
        self.init(
            name: proto.name, number: try required(UInt16(exactly: proto.number), "a node's number"),
            incarnation: try required(UInt16(exactly: proto.incarnation), "a node's incarnation"), region: proto.region,
            storeID: [UInt8](proto.storeID), sealingKey: [UInt8](proto.sealingKey), peerEndpoint: proto.peerEndpoint,
            apiEndpoint: proto.apiEndpoint, isRemoved: proto.removed)
    }

    package var proto: ProtoNodeRow {
        var row = ProtoNodeRow()
        row.name = name
        row.number = UInt32(number)
        row.incarnation = UInt32(incarnation)
        row.region = region
        row.storeID = .init(storeID)
        row.sealingKey = .init(sealingKey)
        row.peerEndpoint = peerEndpoint
        row.apiEndpoint = apiEndpoint
        row.removed = isRemoved
        return row
    }
}

extension DirectoryGroup: StoredRow {
    package init(_ proto: ProtoGroupRow) throws(CodecError) {
        self.init(
            id: proto.id, placement: try legal { () throws(KMSError) in try PlacementName(proto.placement) },
            replicas: proto.replicas, version: proto.version)
    }

    package var proto: ProtoGroupRow {
        var row = ProtoGroupRow()
        row.id = id
        row.placement = placement.rawValue
        row.replicas = replicas
        row.version = version
        return row
    }
}

extension ClusterRecord: StoredRow {
    package init(_ proto: ProtoClusterRow) throws(CodecError) {
        self.init(
            cluster: [UInt8](proto.cluster), operators: proto.operators, nextGroup: proto.nextGroup, clock: proto.clock)
    }

    package var proto: ProtoClusterRow {
        var row = ProtoClusterRow()
        row.cluster = .init(cluster)
        row.operators = operators
        row.nextGroup = nextGroup
        row.clock = clock
        return row
    }
}
