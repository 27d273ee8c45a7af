package import Raft
import SwiftProtobuf

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension PeerHello {
    /// The hello as protobuf. Throws for what a receiver would refuse.
    package func wireBytes() throws(WireError) -> [UInt8] { try Coding.bytes(proto()) }

    /// Decodes a hello: names well-formed, store and cluster present, sizes in `WireLimits`.
    package init(wireBytes bytes: [UInt8]) throws(WireError) {
        try self.init(Coding.message(ProtoHello.self, from: bytes))
    }

    func proto() throws(WireError) -> ProtoHello {
        try checkShape()
        var proto = ProtoHello()
        proto.cluster = Data(cluster)
        proto.replica = replica.rawValue
        proto.store = Data(store)
        proto.node = node
        proto.region = region
        proto.protocolLow = protocolRange.lowerBound
        proto.protocolHigh = protocolRange.upperBound
        proto.sealingKey = Data(sealingKey)
        return proto
    }

    init(_ proto: ProtoHello) throws(WireError) {
        guard proto.protocolLow > 0, proto.protocolLow <= proto.protocolHigh else {
            throw .outOfRange("protocol range")
        }
        self.init(
            cluster: [UInt8](proto.cluster), replica: ReplicaID(proto.replica), store: [UInt8](proto.store),
            node: proto.node, region: proto.region, protocolRange: proto.protocolLow...proto.protocolHigh,
            sealingKey: [UInt8](proto.sealingKey))
        try checkShape()
    }

    private func checkShape() throws(WireError) {
        guard !cluster.isEmpty else { throw .missingField("cluster") }
        try Check.size(cluster.count, atMost: WireLimits.clusterBytes, "cluster")
        guard store.count == WireLimits.storeBytes else { throw .outOfRange("store") }
        _ = try Check.nonzero(replica.rawValue, "replica")
        guard replica.nodeNumber != nil else { throw .outOfRange("replica") }
        guard WireLimits.isName(node) else { throw .outOfRange("node") }
        guard WireLimits.isName(region) else { throw .outOfRange("region") }
        guard protocolRange.lowerBound > 0 else { throw .outOfRange("protocol range") }
        try Check.size(sealingKey.count, atMost: WireLimits.sealingKeyBytes, "sealing key")
    }
}

extension ReplicaID {
    /// The number of the replica's node, 1 to 65,535; nil when this is not `number << 16 | incarnation` with both above
    /// zero.
    package var nodeNumber: UInt16? {
        guard let number = UInt16(exactly: rawValue >> 16), number > 0, rawValue & 0xFFFF > 0 else { return nil }
        return number
    }
}
