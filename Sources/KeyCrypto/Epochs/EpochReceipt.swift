/// Proof for the log that a holder has an epoch key on durable storage: made only after the sync returned.
package struct EpochReceipt: Sendable, Hashable {
    package let cluster: [UInt8]
    package let placement: String
    package let epoch: UInt32
    package let replica: UInt64
    /// The 16-byte check value of the key.
    package let checkValue: [UInt8]
    /// SHA-256 over a label and the fields above, in order.
    package let digest: [UInt8]

    init(
        cluster: [UInt8], placement: String, epoch: UInt32, replica: UInt64, checkValue: [UInt8]
    ) throws(CryptoError) {
        self.cluster = cluster
        self.placement = placement
        self.epoch = epoch
        self.replica = replica
        self.checkValue = checkValue
        digest = try Self.digest(
            cluster: cluster, placement: placement, epoch: epoch, replica: replica, checkValue: checkValue)
    }

    /// The digest that the receipt of these values carries. It is no signature: the channel says who sent it.
    package static func digest(
        cluster: [UInt8], placement: String, epoch: UInt32, replica: UInt64, checkValue: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        var writer = ByteWriter(capacity: 160)
        try writer.field("claviger/epoch receipt/1".utf8)
        try writer.field(cluster)
        try writer.field(placement.utf8)
        writer.u32(epoch)
        writer.u64(replica)
        try writer.field(checkValue)
        return try SHA256Digest.hash(writer.bytes)
    }
}
