/// One epoch of a placement. Its key goes from holder to holder outside the log; here is only what proves where it is.
package struct Epoch: Hashable, Sendable {
    /// Announced, wrapping, or no longer needed. The numbers are in rows.
    package enum State: UInt8, Hashable, Sendable, CaseIterable {
        /// The key is being given to the holders.
        case pending = 1
        /// Enough holders have the key on disk: it may wrap.
        case active = 2
        /// Nothing needs the key any more: holders wipe it.
        case retired = 3
    }

    package let number: EpochNumber
    package var state: State
    /// Tells a holder that it was given the right key, without giving the key away.
    package let keyCheckValue: [UInt8]
    /// By replica.
    package var receipts: [EpochReceipt]
    /// How many tenant keys are wrapped under it. It is retired at zero only: by count, never by time.
    package var tenantKeys: UInt64
    /// Milliseconds since 1970.
    package let createdAt: Int64
    package var activatedAt: Int64?

    package init(
        number: EpochNumber, state: State = .pending, keyCheckValue: [UInt8], receipts: [EpochReceipt] = [],
        tenantKeys: UInt64 = 0, createdAt: Int64, activatedAt: Int64? = nil
    ) {
        self.number = number
        self.state = state
        self.keyCheckValue = keyCheckValue
        self.receipts = receipts
        self.tenantKeys = tenantKeys
        self.createdAt = createdAt
        self.activatedAt = activatedAt
    }

    /// Why the epoch may not become active yet, or nil. Receipts count for holders of now only: a majority of them (and
    /// of the number of replicas that the placement asks for), in at least two failure domains. Losing the only holders
    /// of an epoch key loses every key under it, so this is the one rule that availability never bends.
    package func obstacle(holders: [Holder], placement: Placement) -> String? {
        let present = holders.filter { holder in receipts.contains { $0.replica == holder.replica } }
        let needed = max(holders.count, placement.replicas) / 2 + 1
        guard present.count >= needed else {
            return "epoch \(number) has receipts from \(present.count) holders and needs \(needed)"
        }
        guard placement.replicas > 1 else { return nil }
        var domains: [String] = []
        for holder in present {
            let domain = placement.survive == .region ? holder.region : holder.node
            if !domains.contains(domain) { domains.append(domain) }
        }
        let kind = placement.survive == .region ? "regions" : "nodes"
        return domains.count >= 2 ? nil : "epoch \(number) has receipts from fewer than two \(kind)"
    }
}

/// A holder's statement that it has the epoch's key on its own disk, sealed.
package struct EpochReceipt: Hashable, Sendable {
    /// `node number << 16 | incarnation`.
    package let replica: UInt64
    package let region: String
    /// Digest of the signed receipt, which is kept outside.
    package let digest: [UInt8]

    package init(replica: UInt64, region: String, digest: [UInt8]) {
        self.replica = replica
        self.region = region
        self.digest = digest
    }
}
