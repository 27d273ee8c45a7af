package import KeyModel

/// The rows of a placement group in its replicated table.
package struct StoredKeyTable: KeyTable {
    package var rows = StoredRows()

    package init() {}

    package mutating func clock() -> Int64 { rows.counter(.clock) }
    package mutating func setClock(_ now: Int64) { rows.setCounter(now, .clock) }
    package mutating func featureLevel() -> UInt32 { UInt32(clamping: rows.counter(.featureLevel)) }
    package mutating func setFeatureLevel(_ level: UInt32) { rows.setCounter(Int64(level), .featureLevel) }
    package mutating func placement() -> PlacementRecord? { rows.row(RowKey.single(.placement)) }
    package mutating func setPlacement(_ record: PlacementRecord) { rows.put(record, at: RowKey.single(.placement)) }

    package mutating func holder(_ replica: UInt64) -> Holder? { rows.row(RowKey.number(.holder, replica)) }
    package mutating func holders() -> [Holder] { rows.rows(.holder) }
    package mutating func put(_ holder: Holder) { rows.put(holder, at: RowKey.number(.holder, holder.replica)) }
    package mutating func removeHolder(_ replica: UInt64) { rows.delete(RowKey.number(.holder, replica)) }

    package mutating func epochLedger() -> EpochLedger { rows.row(RowKey.single(.epochLedger)) ?? EpochLedger() }
    package mutating func setEpochLedger(_ ledger: EpochLedger) { rows.put(ledger, at: RowKey.single(.epochLedger)) }
    package mutating func epoch(_ number: EpochNumber) -> Epoch? { rows.row(RowKey.number(.epoch, number.rawValue)) }
    package mutating func put(_ epoch: Epoch) { rows.put(epoch, at: RowKey.number(.epoch, epoch.number.rawValue)) }

    package mutating func tenant(_ name: TenantName) -> Tenant? {
        rows.bucket(RowKey.digest(.tenants, name.rawValue.utf8)).first { $0.name == name }
    }
    package mutating func put(_ tenant: Tenant) {
        rows.put(tenant, inBucket: RowKey.digest(.tenants, tenant.name.rawValue.utf8)) { $0.name == tenant.name }
    }

    package mutating func key(_ id: KeyID) -> Key? { rows.row(RowKey.id(.key, id.bytes)) }
    package mutating func key(named name: KeyName) -> Key? {
        let named: NamedKey? = rows.bucket(RowKey.digest(.keyNames, name.description.utf8)).first { $0.name == name }
        return named.flatMap { key($0.id) }
    }
    package mutating func put(_ key: Key) {
        let isNew = self.key(key.id) == nil
        rows.put(key, at: RowKey.id(.key, key.id.bytes))
        guard isNew else { return }
        let named = NamedKey(name: key.name, id: key.id)
        rows.put(named, inBucket: RowKey.digest(.keyNames, key.name.description.utf8)) { $0.name == key.name }
    }

    package mutating func policy(named name: String) -> Policy? {
        rows.bucket(RowKey.digest(.policies, name.utf8)).first { NameRules.same($0.name, name) }
    }
    package mutating func policies() -> [Policy] {
        rows.buckets(.policies).sorted { NameRules.precedes($0.name, $1.name) }
    }
    package mutating func put(_ policy: Policy) {
        rows.put(policy, inBucket: RowKey.digest(.policies, policy.name.utf8)) { NameRules.same($0.name, policy.name) }
    }
    package mutating func removePolicy(named name: String) {
        let key = RowKey.digest(.policies, name.utf8)
        let others: [Policy] = rows.bucket(key).filter { !NameRules.same($0.name, name) }
        rows.setBucket(others, at: key)
    }
}

extension StoredKeyTable {
    package mutating func idempotencyRecord(principal: String, key: [UInt8]) -> IdempotencyRecord? {
        rows.bucket(Self.place(principal, key)).first { NameRules.same($0.principal, principal) && $0.key == key }
    }

    package mutating func idempotencyCount() -> Int { Int(clamping: rows.counter(.idempotencyCount)) }

    package mutating func oldestIdempotencyRecords(limit: Int) -> [IdempotencyRecord] {
        // The queue's head: seeking from its start would walk over the markers of everything that was ever removed
        // there.
        let head = UInt64(clamping: rows.counter(.idempotencyHead))
        let order: [IdempotencyOrder] = rows.rows(
            .idempotencyOrder, after: RowKey.number(.idempotencyOrder, head), limit: limit)
        var records: [IdempotencyRecord] = []
        for one in order {
            if let record = idempotencyRecord(principal: one.principal, key: one.key) { records.append(record) }
        }
        return records
    }

    package mutating func put(_ record: IdempotencyRecord) {
        rows.put(record, inBucket: Self.place(record.principal, record.key)) {
            NameRules.same($0.principal, record.principal) && $0.key == record.key
        }
        let order = IdempotencyOrder(principal: record.principal, key: record.key)
        rows.put(order, at: RowKey.number(.idempotencyOrder, record.index))
        rows.setCounter(rows.counter(.idempotencyCount) &+ 1, .idempotencyCount)
    }

    package mutating func remove(_ record: IdempotencyRecord) {
        // Only the head moves the head: a record that expired in the middle of the queue leaves those before it in
        // place.
        if oldestIdempotencyRecords(limit: 1).first?.index == record.index {
            rows.setCounter(Int64(clamping: record.index), .idempotencyHead)
        }
        let place = Self.place(record.principal, record.key)
        let others: [IdempotencyRecord] = rows.bucket(place).filter {
            !(NameRules.same($0.principal, record.principal) && $0.key == record.key)
        }
        rows.setBucket(others, at: place)
        rows.delete(RowKey.number(.idempotencyOrder, record.index))
        rows.setCounter(max(0, rows.counter(.idempotencyCount) &- 1), .idempotencyCount)
    }

    /// A principal is printable, so the zero byte separates.
    private static func place(_ principal: String, _ key: [UInt8]) -> [UInt8] {
        RowKey.digest(.idempotency, Array(principal.utf8) + [0] + key)
    }
}
