/// The rows of a placement group, as apply reads and writes them. Reads see what was written before them.
///
/// Nothing throws: a store that cannot read remembers its failure, and whoever drives it stops the group. Reads are
/// `mutating` for that reason.
package protocol KeyTable {
    /// The latest time of a command, in milliseconds since 1970; zero at first.
    mutating func clock() -> Int64
    mutating func setClock(_ now: Int64)
    /// Zero at first.
    mutating func featureLevel() -> UInt32
    mutating func setFeatureLevel(_ level: UInt32)
    mutating func placement() -> PlacementRecord?
    mutating func setPlacement(_ record: PlacementRecord)

    mutating func holder(_ replica: UInt64) -> Holder?
    /// By replica.
    mutating func holders() -> [Holder]
    mutating func put(_ holder: Holder)
    mutating func removeHolder(_ replica: UInt64)

    mutating func epochLedger() -> EpochLedger
    mutating func setEpochLedger(_ ledger: EpochLedger)
    mutating func epoch(_ number: EpochNumber) -> Epoch?
    mutating func put(_ epoch: Epoch)

    mutating func tenant(_ name: TenantName) -> Tenant?
    mutating func put(_ tenant: Tenant)

    mutating func key(_ id: KeyID) -> Key?
    mutating func key(named name: KeyName) -> Key?
    /// Name and id of a key never change.
    mutating func put(_ key: Key)

    mutating func policy(named name: String) -> Policy?
    /// By name.
    mutating func policies() -> [Policy]
    mutating func put(_ policy: Policy)
    mutating func removePolicy(named name: String)

    mutating func idempotencyRecord(principal: String, key: [UInt8]) -> IdempotencyRecord?
    mutating func idempotencyCount() -> Int
    /// The oldest record by log index.
    mutating func oldestIdempotencyRecord() -> IdempotencyRecord?
    /// There is none for the same principal and key.
    mutating func put(_ record: IdempotencyRecord)
    mutating func remove(_ record: IdempotencyRecord)
}

/// The rule of the group's placement and the regions it is judged by.
package struct PlacementRecord: Hashable, Sendable {
    package var placement: Placement
    /// By name.
    package var regions: [Region]

    package init(placement: Placement, regions: [Region]) {
        self.placement = placement
        self.regions = regions.sorted { NameRules.precedes($0.name, $1.name) }
    }
}

/// Where the group's epochs stand.
package struct EpochLedger: Hashable, Sendable {
    /// The newest epoch; the only one that can be pending. Zero before the first.
    package var last: EpochNumber
    /// The newest active one, which wraps.
    package var current: EpochNumber?

    package init(last: EpochNumber = EpochNumber(0), current: EpochNumber? = nil) {
        self.last = last
        self.current = current
    }
}

/// What became of a request, kept for its repetitions.
package struct IdempotencyRecord: Hashable, Sendable {
    package let principal: String
    package let key: [UInt8]
    package let requestDigest: [UInt8]
    package let outcome: CommandOutcome
    /// Log index of the command: the order in which records go.
    package let index: UInt64
    /// Milliseconds since 1970.
    package let at: Int64

    package init(
        principal: String, key: [UInt8], requestDigest: [UInt8], outcome: CommandOutcome, index: UInt64, at: Int64
    ) {
        self.principal = principal
        self.key = key
        self.requestDigest = requestDigest
        self.outcome = outcome
        self.index = index
        self.at = at
    }
}
