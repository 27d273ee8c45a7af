extension KeyStateMachine {
    static func createKey<Table: KeyTable>(
        _ command: KeyCommand.CreateKey, now: Int64, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        try checkPlacement(of: command.name, in: &table)
        let tags = try KeyTag.checked(command.tags)
        guard table.key(named: command.name) == nil else {
            throw KMSError(.alreadyExists, "the key \(command.name) exists already")
        }
        guard table.key(command.id) == nil else { throw KMSError(.alreadyExists, "the key id was used before") }
        try check(command.wrapped, tenant: command.name.tenant, in: &table)
        let version = KeyVersion(
            number: .first, state: .active, wrapped: command.wrapped, createdAt: now, activatedAt: now)
        let key = Key(
            id: command.id, name: command.name, algorithm: command.algorithm, createdAt: now, versions: [version],
            tags: tags)
        table.put(key)
        return .created(key)
    }

    static func rotateKey<Table: KeyTable>(
        _ name: KeyName, expected: UInt64, wrapped: WrappedKeyMaterial, now: Int64, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        var key = try self.key(name, in: &table)
        guard key.generation == expected else {
            throw KMSError(.generationConflict, "the key changed meanwhile: its generation is \(key.generation)")
        }
        guard key.isEnabled else { throw KMSError(.invalidKeyState, "the key \(name) is disabled") }
        // A version that nothing was protected with yet is as new as another one would be.
        if key.pendingVersion != nil { return .updated(key) }
        guard key.versions.count < Key.mostVersions else {
            throw KMSError(.quotaExceeded, "a key has at most \(Key.mostVersions) versions")
        }
        try check(wrapped, tenant: name.tenant, in: &table)
        key.versions.append(
            KeyVersion(
                number: KeyVersionNumber(UInt32(key.versions.count) + 1), state: .preActive, wrapped: wrapped,
                createdAt: now))
        return try update(&key, in: &table)
    }

    static func activateVersion<Table: KeyTable>(
        _ name: KeyName, _ number: KeyVersionNumber, now: Int64, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        var key = try self.key(name, in: &table)
        guard let position = key.position(of: number) else {
            throw KMSError(.keyNotFound, "the key \(name) has no version \(number)")
        }
        if key.primary == number, key.versions[position].state == .active { return .updated(key) }
        guard key.isEnabled else { throw KMSError(.invalidKeyState, "the key \(name) is disabled") }
        guard let state = key.versions[position].state.after(.activate, at: now) else {
            throw KMSError(.invalidKeyState, "version \(number) of the key \(name) cannot become active")
        }
        guard number > key.primary else {
            throw KMSError(.generationConflict, "the key \(name) protects with the later version \(key.primary)")
        }
        key.versions[position].state = state
        key.versions[position].activatedAt = now
        // What protected before only opens from here on.
        if let before = key.position(of: key.primary), let rest = key.versions[before].state.after(.deactivate, at: now)
        {
            key.versions[before].state = rest
        }
        key.primary = number
        return try update(&key, in: &table)
    }

    static func setEnabled<Table: KeyTable>(
        _ isEnabled: Bool, key name: KeyName, in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        var key = try self.key(name, in: &table)
        if key.isEnabled == isEnabled { return .updated(key) }
        key.isEnabled = isEnabled
        return try update(&key, in: &table)
    }

    static func setTags<Table: KeyTable>(
        _ name: KeyName, _ tags: [KeyTag], in table: inout Table
    ) throws(KMSError) -> CommandOutcome {
        var key = try self.key(name, in: &table)
        let tags = try KeyTag.checked(tags)
        if key.tags == tags { return .updated(key) }
        key.tags = tags
        return try update(&key, in: &table)
    }

    private static func update<Table: KeyTable>(_ key: inout Key, in table: inout Table) throws(KMSError)
        -> CommandOutcome
    {
        let (generation, isFull) = key.generation.addingReportingOverflow(1)
        guard !isFull else { throw KMSError(.quotaExceeded, "the key was changed too often") }
        key.generation = generation
        table.put(key)
        return .updated(key)
    }

    private static func key<Table: KeyTable>(_ name: KeyName, in table: inout Table) throws(KMSError) -> Key {
        try checkPlacement(of: name, in: &table)
        guard let key = table.key(named: name) else { throw KMSError(.keyNotFound, "there is no key \(name)") }
        return key
    }

    private static func checkPlacement<Table: KeyTable>(of name: KeyName, in table: inout Table) throws(KMSError) {
        let record = try placement(of: &table)
        guard name.placement == record.placement.name else {
            throw KMSError(.sovereigntyViolation, "this group belongs to placement \(record.placement.name)")
        }
    }

    /// New material comes under the tenant's newest key: an older one may be on its way out.
    private static func check<Table: KeyTable>(
        _ wrapped: WrappedKeyMaterial, tenant name: TenantName, in table: inout Table
    ) throws(KMSError) {
        guard (1...WrappedKeyMaterial.largest).contains(wrapped.bytes.count) else {
            throw KMSError(.invalidRequest, "a wrap has 1 to \(WrappedKeyMaterial.largest) bytes")
        }
        guard case .tenantKey(let number) = wrapped.wrapping else {
            throw KMSError(.invalidRequest, "a key version is wrapped under a tenant key")
        }
        guard let tenant = table.tenant(name), let current = tenant.current else {
            throw KMSError(.generationConflict, "the tenant \(name) has no key yet")
        }
        guard current.number == number else {
            throw KMSError(.generationConflict, "the tenant \(name) wraps with key \(current.number) now")
        }
        guard let epoch = current.epoch, table.epoch(epoch)?.state == .active else {
            throw KMSError(.invalidKeyState, "the epoch of the tenant's key is not active")
        }
    }
}
