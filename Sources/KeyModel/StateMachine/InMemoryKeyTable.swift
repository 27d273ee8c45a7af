/// The rows of a placement group in memory: the twin of the stored table, for tests and tools.
package struct InMemoryKeyTable: KeyTable, Equatable, Sendable {
    private var time: Int64 = 0
    private var level: UInt32 = 0
    private var record: PlacementRecord?
    private var ledger = EpochLedger()
    private var holderRows = SortedRows<UInt64, Holder>()
    private var epochRows = SortedRows<EpochNumber, Epoch>()
    private var tenantRows = SortedRows<TenantName, Tenant>()
    private var keyRows = SortedRows<KeyID, Key>()
    private var names = SortedRows<KeyName, KeyID>()
    private var policyRows = SortedRows<RowBytes, Policy>()
    private var records = SortedRows<RowBytes, IdempotencyRecord>()
    private var recordOrder = SortedRows<UInt64, RowBytes>()

    package init() {}

    package func clock() -> Int64 { time }
    package mutating func setClock(_ now: Int64) { time = now }
    package func featureLevel() -> UInt32 { level }
    package mutating func setFeatureLevel(_ level: UInt32) { self.level = level }
    package func placement() -> PlacementRecord? { record }
    package mutating func setPlacement(_ record: PlacementRecord) { self.record = record }

    package func holder(_ replica: UInt64) -> Holder? { holderRows[replica] }
    package func holders() -> [Holder] { holderRows.rows }
    package mutating func put(_ holder: Holder) { holderRows[holder.replica] = holder }
    package mutating func removeHolder(_ replica: UInt64) { holderRows[replica] = nil }

    package func epochLedger() -> EpochLedger { ledger }
    package mutating func setEpochLedger(_ ledger: EpochLedger) { self.ledger = ledger }
    package func epoch(_ number: EpochNumber) -> Epoch? { epochRows[number] }
    package mutating func put(_ epoch: Epoch) { epochRows[epoch.number] = epoch }

    package func tenant(_ name: TenantName) -> Tenant? { tenantRows[name] }
    package mutating func put(_ tenant: Tenant) { tenantRows[tenant.name] = tenant }

    package func key(_ id: KeyID) -> Key? { keyRows[id] }
    package func key(named name: KeyName) -> Key? { names[name].flatMap { keyRows[$0] } }
    package mutating func put(_ key: Key) {
        keyRows[key.id] = key
        names[key.name] = key.id
    }

    package func policy(named name: String) -> Policy? { policyRows[RowBytes(name)] }
    package func policies() -> [Policy] { policyRows.rows }
    package mutating func put(_ policy: Policy) { policyRows[RowBytes(policy.name)] = policy }
    package mutating func removePolicy(named name: String) { policyRows[RowBytes(name)] = nil }

    package func idempotencyRecord(principal: String, key: [UInt8]) -> IdempotencyRecord? {
        records[Self.id(principal, key)]
    }
    package func idempotencyCount() -> Int { records.count }
    package func oldestIdempotencyRecord() -> IdempotencyRecord? { recordOrder.rows.first.flatMap { records[$0] } }
    package mutating func put(_ record: IdempotencyRecord) {
        records[Self.id(record.principal, record.key)] = record
        recordOrder[record.index] = Self.id(record.principal, record.key)
    }
    package mutating func remove(_ record: IdempotencyRecord) {
        records[Self.id(record.principal, record.key)] = nil
        recordOrder[record.index] = nil
    }

    /// A principal is printable, so the zero byte separates.
    private static func id(_ principal: String, _ key: [UInt8]) -> RowBytes {
        RowBytes(Array(principal.utf8) + [0] + key)
    }
}
