import KeyModel
import Storage

/// The rows of a placement group in its replicated table. Reads come from the image, writes go to the image and to the
/// transaction.
struct StoredKeyTable: KeyTable {
    var rows = StoredRows()
    private let image: KeyImage
    /// The key that this command wrote, as a row: its outcome has the same bytes.
    private var written: (id: KeyID, generation: UInt64, bytes: [UInt8])?

    init(_ image: KeyImage) { self.image = image }

    mutating func clock() -> Int64 { image.clock }
    mutating func setClock(_ now: Int64) {
        image.clock = now
        rows.setCounter(now, .clock)
    }

    mutating func featureLevel() -> UInt32 {
        image.hasChanged(.featureLevel) ? UInt32(clamping: rows.counter(.featureLevel)) : image.view.featureLevel
    }
    mutating func setFeatureLevel(_ level: UInt32) {
        image.change(.featureLevel)
        rows.setCounter(Int64(level), .featureLevel)
    }

    mutating func placement() -> PlacementRecord? {
        image.hasChanged(.placement) ? rows.row(RowKey.single(.placement)) : image.view.placement
    }
    mutating func setPlacement(_ record: PlacementRecord) {
        image.change(.placement)
        rows.put(record, at: RowKey.single(.placement))
    }

    // MARK: Holders and epochs

    mutating func holder(_ replica: UInt64) -> Holder? {
        image.hasChanged(.holder) ? rows.row(RowKey.number(.holder, replica)) : image.view.holder(replica)
    }
    mutating func holders() -> [Holder] { image.hasChanged(.holder) ? rows.rows(.holder) : image.view.holders }
    mutating func put(_ holder: Holder) {
        image.change(.holder)
        rows.put(holder, at: RowKey.number(.holder, holder.replica))
    }
    mutating func removeHolder(_ replica: UInt64) {
        image.change(.holder)
        rows.delete(RowKey.number(.holder, replica))
    }

    mutating func epochLedger() -> EpochLedger {
        guard image.hasChanged(.epochLedger) else { return image.view.epochLedger }
        return rows.row(RowKey.single(.epochLedger)) ?? EpochLedger()
    }
    mutating func setEpochLedger(_ ledger: EpochLedger) {
        image.change(.epochLedger)
        rows.put(ledger, at: RowKey.single(.epochLedger))
    }

    mutating func epoch(_ number: EpochNumber) -> Epoch? {
        image.hasChanged(.epoch) ? rows.row(RowKey.number(.epoch, number.rawValue)) : image.view.epoch(number)
    }
    mutating func put(_ epoch: Epoch) {
        image.change(.epoch)
        rows.put(epoch, at: RowKey.number(.epoch, epoch.number.rawValue))
    }

    // MARK: Tenants and keys

    mutating func tenant(_ name: TenantName) -> Tenant? {
        guard image.hasChanged(.tenants) else { return image.view.tenant(name) }
        return rows.bucket(RowKey.digest(.tenants, name.rawValue.utf8)).first { $0.name == name }
    }
    mutating func put(_ tenant: Tenant) {
        image.change(.tenants)
        rows.put(tenant, inBucket: RowKey.digest(.tenants, tenant.name.rawValue.utf8)) { $0.name == tenant.name }
    }

    mutating func key(_ id: KeyID) -> Key? { image.key(id) }
    mutating func key(named name: KeyName) -> Key? { image.key(named: name) }
    mutating func put(_ key: Key) {
        let isNew = image.key(key.id) == nil
        image.put(key)
        let bytes = key.bytes
        written = (key.id, key.generation, bytes)
        rows.put(bytes, at: RowKey.id(.key, key.id.bytes), before: isNew ? .absent : .unread)
        guard isNew else { return }
        let named = NamedKey(name: key.name, id: key.id)
        rows.put(named, inBucket: RowKey.digest(.keyNames, key.name.description.utf8)) { $0.name == key.name }
    }

    // MARK: Policies

    mutating func policy(named name: String) -> Policy? {
        rows.bucket(RowKey.digest(.policies, name.utf8)).first { NameRules.same($0.name, name) }
    }
    mutating func policies() -> [Policy] {
        rows.buckets(.policies).sorted { NameRules.precedes($0.name, $1.name) }
    }
    mutating func put(_ policy: Policy) {
        rows.put(policy, inBucket: RowKey.digest(.policies, policy.name.utf8)) { NameRules.same($0.name, policy.name) }
    }
    mutating func removePolicy(named name: String) {
        let key = RowKey.digest(.policies, name.utf8)
        let others: [Policy] = rows.bucket(key).filter { !NameRules.same($0.name, name) }
        rows.setBucket(others, at: key)
    }

    // MARK: Idempotency

    mutating func idempotencyRecord(principal: String, key: [UInt8]) -> IdempotencyRecord? {
        image.idempotency.record(principal: principal, key: key)
    }
    mutating func idempotencyCount() -> Int { image.idempotency.count }
    mutating func oldestIdempotencyRecord() -> IdempotencyRecord? { image.idempotency.oldest }
    mutating func put(_ record: IdempotencyRecord) {
        let bytes = row(of: record)
        image.idempotency.add(record, row: bytes)
        // No other entry of the log has this index.
        rows.put(bytes, at: RowKey.number(.idempotency, record.index), before: .absent)
    }
    mutating func remove(_ record: IdempotencyRecord) {
        let bytes = image.idempotency.remove(record)
        rows.delete(RowKey.number(.idempotency, record.index), before: bytes.map { .value($0) } ?? .unread)
    }

    private func row(of record: IdempotencyRecord) -> [UInt8] {
        guard let key = record.outcome.key, let written, written.id == key.id, written.generation == key.generation
        else { return record.bytes }
        return IdempotencyRecord.bytes(of: record.proto(subject: written.bytes))
    }
}
