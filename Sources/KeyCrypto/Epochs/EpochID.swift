/// Names an epoch key.
package struct EpochID: Sendable, Hashable, Comparable {
    package let placement: String
    package let epoch: UInt32

    package init(placement: String, epoch: UInt32) {
        self.placement = placement
        self.epoch = epoch
    }

    /// By placement (bytes), then by epoch.
    package static func < (a: EpochID, b: EpochID) -> Bool {
        if a.placement.utf8.elementsEqual(b.placement.utf8) { return a.epoch < b.epoch }
        return a.placement.utf8.lexicographicallyPrecedes(b.placement.utf8)
    }
}

/// An epoch key that a store holds, without the key.
package struct EpochListing: Sendable, Hashable {
    package let id: EpochID
    /// The 16-byte check value of the key.
    package let checkValue: [UInt8]
}

/// An epoch key in memory with its check value.
package struct StoredEpoch: Sendable {
    package let key: SharedSecret
    package let checkValue: [UInt8]

    package init(key: SharedSecret, checkValue: [UInt8]) {
        self.key = key
        self.checkValue = checkValue
    }
}
