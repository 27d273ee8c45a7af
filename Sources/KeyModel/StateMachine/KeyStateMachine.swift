/// Applies the commands of a placement group: a pure function of rows and command. It makes no keys, opens no wraps,
/// reads no clock and never traps on a command's contents, because every replica would die on the same entry again and
/// again.
///
/// Every command is checked in full before it writes, so a refusal leaves no trace but the clock and its idempotency
/// record.
package enum KeyStateMachine {
    /// The newest behaviour that this program knows.
    package static let highestFeatureLevel: UInt32 = 1
    /// How long a repeated request gets its first answer, in milliseconds.
    package static let idempotencyRetention: Int64 = 24 * 3600 * 1000
    /// Most idempotency records of a group; the oldest goes first.
    package static let mostIdempotencyRecords = 10_000

    /// Whether a program that knows behaviour up to `highest` can apply the command. It must not answer "no" by a
    /// refusal: a newer program would accept, and the replicas would part. The group halts instead.
    package static func understands(_ command: KeyCommand, upTo highest: UInt32 = highestFeatureLevel) -> Bool {
        if case .raiseFeatureLevel(let level) = command.body { level <= highest } else { true }
    }

    /// Applies one command at a log position. The same rows and command give the same rows and outcome everywhere.
    package static func apply<Table: KeyTable>(
        _ command: KeyCommand, at position: (term: UInt64, index: UInt64), to table: inout Table,
        enforcement: PlacementEnforcement = .strict
    ) -> CommandOutcome {
        if let problem = command.header.problem { return .rejected(.invalidRequest, problem) }
        let clock = table.clock()
        let now = max(clock, command.header.proposedAt)
        if now != clock { table.setClock(now) }

        guard let idempotency = command.header.idempotency else {
            return outcome(of: command.body, now: now, in: &table, enforcement)
        }
        if let record = table.idempotencyRecord(principal: command.header.principal, key: idempotency.key) {
            if !hasExpired(record, at: now) {
                return record.requestDigest == idempotency.requestDigest
                    ? record.outcome
                    : .rejected(.invalidRequest, "this idempotency key was used for another request")
            }
            table.remove(record)
        }
        let outcome = outcome(of: command.body, now: now, in: &table, enforcement)
        table.put(
            IdempotencyRecord(
                principal: command.header.principal, key: idempotency.key, requestDigest: idempotency.requestDigest,
                outcome: outcome, index: position.index, at: now))
        forgetOldRecords(at: now, index: position.index, in: &table)
        return outcome
    }

    private static func outcome<Table: KeyTable>(
        of body: KeyCommand.Body, now: Int64, in table: inout Table, _ enforcement: PlacementEnforcement
    ) -> CommandOutcome {
        do {
            return try dispatch(body, now: now, in: &table, enforcement)
        } catch {
            return .rejected(error.code, error.message)
        }
    }

    private static func dispatch<Table: KeyTable>(
        _ body: KeyCommand.Body, now: Int64, in table: inout Table, _ enforcement: PlacementEnforcement
    ) throws(KMSError) -> CommandOutcome {
        switch body {
        case .initialize(let placement, let regions, let holders):
            let record = PlacementRecord(placement: placement, regions: regions)
            return try initialize(record, holders: holders, in: &table, enforcement)
        case .admitHolder(let holder): return try admit(holder, in: &table, enforcement)
        case .removeHolder(let replica): return try removeHolder(replica, in: &table)
        case .updatePlacement(let placement, let regions):
            return try update(PlacementRecord(placement: placement, regions: regions), in: &table)
        case .beginEpoch(let number, let checkValue):
            return try beginEpoch(number, keyCheckValue: checkValue, now: now, in: &table)
        case .recordReceipt(let number, let replica, let digest):
            return try recordReceipt(number, replica: replica, digest: digest, in: &table)
        case .activateEpoch(let number): return try activateEpoch(number, now: now, in: &table)
        case .retireEpoch(let number): return try retireEpoch(number, in: &table)
        case .putTenantKey(let command): return try putTenantKey(command, now: now, in: &table)
        case .createKey(let command): return try createKey(command, now: now, in: &table)
        case .rotateKey(let name, let expected, let wrapped):
            return try rotateKey(name, expected: expected, wrapped: wrapped, now: now, in: &table)
        case .activateVersion(let name, let number): return try activateVersion(name, number, now: now, in: &table)
        case .disableKey(let name): return try setEnabled(false, key: name, in: &table)
        case .enableKey(let name): return try setEnabled(true, key: name, in: &table)
        case .setTags(let name, let tags): return try setTags(name, tags, in: &table)
        case .putPolicy(let policy): return try putPolicy(policy, in: &table)
        case .deletePolicy(let name): return try deletePolicy(name, in: &table)
        case .raiseFeatureLevel(let level): return try raiseFeatureLevel(level, in: &table)
        }
    }

    // MARK: - Repeated requests

    private static func hasExpired(_ record: IdempotencyRecord, at now: Int64) -> Bool {
        // Both are checked not to be negative, so the difference cannot overflow.
        now - record.at >= idempotencyRetention
    }

    /// Bounded work per command. Over the limit two go for each that came; expired ones are looked for at every 64th
    /// index, and more may go then than came since.
    private static func forgetOldRecords<Table: KeyTable>(at now: Int64, index: UInt64, in table: inout Table) {
        let isFull = table.idempotencyCount() > mostIdempotencyRecords
        guard isFull || index.isMultiple(of: 64) else { return }
        for _ in 0..<(isFull ? 2 : 128) {
            guard let record = table.oldestIdempotencyRecord(),
                table.idempotencyCount() > mostIdempotencyRecords || hasExpired(record, at: now)
            else { return }
            table.remove(record)
        }
    }

    // MARK: - Shared checks

    /// The group's placement. Throws `invalidKeyState` before `initialize`.
    static func placement<Table: KeyTable>(of table: inout Table) throws(KMSError) -> PlacementRecord {
        guard let record = table.placement() else {
            throw KMSError(.invalidKeyState, "this group has not been tied to a placement yet")
        }
        return record
    }

    private static func raiseFeatureLevel<Table: KeyTable>(_ level: UInt32, in table: inout Table) throws(KMSError)
        -> CommandOutcome
    {
        _ = try placement(of: &table)
        guard level >= table.featureLevel() else {
            throw KMSError(.invalidRequest, "the feature level is higher already and never falls")
        }
        table.setFeatureLevel(level)
        return .accepted
    }
}
