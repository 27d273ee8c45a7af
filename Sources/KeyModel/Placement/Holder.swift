/// A node that is a full replica of a placement's group and so may be given its epoch keys.
package struct Holder: Hashable, Sendable {
    /// `node number << 16 | incarnation`.
    package let replica: UInt64
    package let node: String
    package let region: String
    /// Sorted.
    package let jurisdictions: [String]
    /// The public key to which epoch keys are sealed (HPKE).
    package let sealingKey: [UInt8]

    package init(replica: UInt64, node: String, region: String, jurisdictions: [String], sealingKey: [UInt8]) {
        self.replica = replica
        self.node = node
        self.region = region
        self.jurisdictions = jurisdictions.sorted(by: NameRules.precedes)
        self.sealingKey = sealingKey
    }
}
