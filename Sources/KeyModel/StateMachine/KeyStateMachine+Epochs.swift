extension KeyStateMachine {
    static func beginEpoch<Table: KeyTable>(
        _ number: EpochNumber, keyCheckValue: [UInt8], now: Int64, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        _ = try placement(of: &table)
        guard (1...64).contains(keyCheckValue.count) else {
            throw KMSError(.invalidRequest, "an epoch's key check value has 1 to 64 bytes")
        }
        var ledger = table.epochLedger()
        if let last = table.epoch(ledger.last), last.state == .pending {
            if last.number == number, last.keyCheckValue == keyCheckValue { return .epoch(last) }
            throw KMSError(.generationConflict, "epoch \(last.number) is pending: activate or retire it first")
        }
        guard ledger.last.rawValue < .max, number.rawValue == ledger.last.rawValue + 1 else {
            throw KMSError(.generationConflict, "the last epoch is \(ledger.last)")
        }
        let epoch = Epoch(number: number, keyCheckValue: keyCheckValue, createdAt: now)
        ledger.last = number
        table.setEpochLedger(ledger)
        table.put(epoch)
        return .epoch(epoch)
    }

    static func recordReceipt<Table: KeyTable>(
        _ number: EpochNumber, replica: UInt64, digest: [UInt8], in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        _ = try placement(of: &table)
        var epoch = try self.epoch(number, in: &table)
        guard (1...64).contains(digest.count) else {
            throw KMSError(.invalidRequest, "a receipt's digest has 1 to 64 bytes")
        }
        guard let holder = table.holder(replica) else {
            throw KMSError(.sovereigntyViolation, "only a holder can have received an epoch key")
        }
        guard epoch.state != .retired else { throw KMSError(.invalidKeyState, "epoch \(number) is retired") }
        epoch.receipts.removeAll { $0.replica == replica }
        epoch.receipts.append(EpochReceipt(replica: replica, region: holder.region, digest: digest))
        epoch.receipts.sort { $0.replica < $1.replica }
        table.put(epoch)
        return .epoch(epoch)
    }

    static func activateEpoch<Table: KeyTable>(
        _ number: EpochNumber, now: Int64, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        let record = try placement(of: &table)
        var epoch = try self.epoch(number, in: &table)
        switch epoch.state {
        case .active: return .epoch(epoch)
        case .retired: throw KMSError(.invalidKeyState, "epoch \(number) is retired")
        case .pending: break
        }
        if let obstacle = epoch.obstacle(holders: table.holders(), placement: record.placement) {
            throw KMSError(.invalidKeyState, obstacle)
        }
        epoch.state = .active
        epoch.activatedAt = now
        table.put(epoch)
        table.setEpochLedger(EpochLedger(last: table.epochLedger().last, current: number))
        return .epoch(epoch)
    }

    static func retireEpoch<Table: KeyTable>(_ number: EpochNumber, in table: inout Table) throws(KMSError)
        -> CommandOutcome
    {
        _ = try placement(of: &table)
        var epoch = try self.epoch(number, in: &table)
        if epoch.state == .retired { return .epoch(epoch) }
        guard number != table.epochLedger().current else {
            throw KMSError(.invalidKeyState, "epoch \(number) is the one that wraps now")
        }
        guard epoch.tenantKeys == 0 else {
            throw KMSError(.invalidKeyState, "\(epoch.tenantKeys) tenant keys still need epoch \(number)")
        }
        epoch.state = .retired
        table.put(epoch)
        return .epoch(epoch)
    }

    static func putTenantKey<Table: KeyTable>(
        _ command: KeyCommand.PutTenantKey, now: Int64, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        _ = try placement(of: &table)
        guard (1...WrappedKeyMaterial.largest).contains(command.wrapped.bytes.count), command.checkValue.count <= 64
        else {
            throw KMSError(
                .invalidRequest, "a wrap has 1 to \(WrappedKeyMaterial.largest) bytes and its check value at most 64")
        }
        guard case .epoch(let number) = command.wrapped.wrapping else {
            throw KMSError(.invalidRequest, "a tenant key is wrapped under an epoch")
        }
        guard number == table.epochLedger().current, var epoch = table.epoch(number), epoch.state == .active else {
            throw KMSError(.generationConflict, "epoch \(number) is not the one that wraps now")
        }
        guard epoch.tenantKeys < .max else { throw KMSError(.quotaExceeded, "epoch \(number) wraps too many keys") }
        var tenant = table.tenant(command.tenant) ?? Tenant(name: command.tenant, keys: [])
        if let replaced = command.replacing {
            try rewrap(command, from: replaced, to: number, of: &tenant, in: &table)
        } else {
            try addKey(command, to: &tenant, now: now)
        }
        epoch.tenantKeys += 1
        table.put(epoch)
        table.put(tenant)
        return .accepted
    }

    private static func addKey(_ command: KeyCommand.PutTenantKey, to tenant: inout Tenant, now: Int64) throws(KMSError)
    {
        guard tenant.keys.count < 1000 else { throw KMSError(.quotaExceeded, "a tenant has at most 1000 keys") }
        guard command.number.rawValue == UInt32(tenant.keys.count) + 1 else {
            throw tenant.key(command.number) == nil
                ? KMSError(.generationConflict, "the tenant has \(tenant.keys.count) keys")
                : KMSError(.alreadyExists, "the tenant has key \(command.number) already")
        }
        tenant.keys.append(
            TenantKey(number: command.number, wrapped: command.wrapped, checkValue: command.checkValue, createdAt: now))
    }

    private static func rewrap<Table: KeyTable>(
        _ command: KeyCommand.PutTenantKey, from replaced: EpochNumber, to number: EpochNumber, of tenant: inout Tenant,
        in table: inout Table
    ) throws(KMSError) {
        guard let place = tenant.keys.firstIndex(where: { $0.number == command.number }) else {
            throw KMSError(.keyNotFound, "the tenant has no key \(command.number) to wrap again")
        }
        guard tenant.keys[place].epoch == replaced, replaced < number else {
            throw KMSError(
                .generationConflict, "tenant key \(command.number) is not wrapped under epoch \(replaced) any more")
        }
        guard tenant.keys[place].checkValue == command.checkValue else {
            throw KMSError(.corruption, "the new wrap does not hold the same tenant key")
        }
        tenant.keys[place].wrapped = command.wrapped
        if var old = table.epoch(replaced), old.tenantKeys > 0 {
            old.tenantKeys -= 1
            table.put(old)
        }
    }

    private static func epoch<Table: KeyTable>(_ number: EpochNumber, in table: inout Table) throws(KMSError) -> Epoch {
        guard let epoch = table.epoch(number) else { throw KMSError(.keyNotFound, "there is no epoch \(number)") }
        return epoch
    }
}
