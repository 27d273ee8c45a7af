import Audit
import Cluster
package import KeyModel
import KeyReplication
import Raft

extension KeyService {
    /// Adds a version and, once every holder can open with it or cannot serve any more, makes it the one that protects.
    ///
    /// Where the caller's time does not suffice for that the answer shows the version as it is: added, and waiting.
    /// `RotationKeeper` completes it.
    package func rotateKey(_ text: String, expected: UInt64, idempotencyKey: [UInt8], in context: RequestContext)
        async throws(KMSError) -> Written<Key>
    {
        try await audited(.rotateKey, in: context) { record in
            let (runtime, seen) = try await self.changeable(text, .rotateKey, in: context, record: &record)
            // A version is made for its number, so this node must know of the last one.
            _ = await self.confirm([runtime.name], in: context)
            let key = runtime.view.key(seen.id)?.key ?? seen
            let tenantKey = try await self.ensureTenant(key.tenant, at: runtime, in: context)
            let number = KeyVersionNumber(UInt32(key.versions.count) + 1)
            let wrapped = try self.materials.makeVersion(
                of: key.id, number, tenant: key.tenant, under: tenantKey, at: runtime)
            let generation = expected == 0 ? key.generation : expected
            let added = try await self.write(
                .rotateKey(key.name, expected: generation, wrapped: wrapped), at: runtime,
                request: "rotate\0\(key.name)\0\(expected)", idempotencyKey: idempotencyKey, in: context,
                record: &record)
            guard let newest = added.value.versions.last?.number else {
                throw KMSError(.internalError, "no version was added")
            }
            record.keyVersion = newest.rawValue
            return try await self.complete(newest, of: added, at: runtime, in: context, record: &record)
        }
    }

    /// Activates a version that was added, now or by an earlier try, unless that is done or has to wait.
    private func complete(
        _ number: KeyVersionNumber, of added: Written<Key>, at runtime: PlacementRuntime, in context: RequestContext,
        record: inout AuditRecord
    ) async throws(KMSError) -> Written<Key> {
        let present = runtime.view.key(added.value.id)?.key ?? added.value
        guard present.pendingVersion?.number == number else { return Written(present, token: added.token) }
        let sighting = rotations.sight(
            number, of: present.id, in: runtime.name, index: added.token.index, now: monotonicNanoseconds())
        let reserve = min(.milliseconds(200), context.remaining / 4)
        guard await isKnownToHolders(sighting, at: runtime, until: context.deadline - reserve) else {
            record.effect = "version \(number) waits for its activation"
            return Written(present, token: added.token)
        }
        do {
            return try await activate(number, of: present.name, at: runtime, in: context, record: &record)
        } catch {
            // The version is there. Whoever were told of a failure would take it that nothing had changed.
            record.effect = "version \(number) waits for its activation"
            return Written(runtime.view.key(present.id)?.key ?? present, token: added.token)
        }
    }

    /// Makes a version the one that protects. Harmless to repeat.
    func activate(
        _ number: KeyVersionNumber, of name: KeyName, at runtime: PlacementRuntime, in context: RequestContext,
        record: inout AuditRecord
    ) async throws(KMSError) -> Written<Key> {
        try await write(
            .activateVersion(name, number), at: runtime, request: "activate\0\(name)\0\(number)", idempotencyKey: [],
            in: context, record: &record)
    }

    /// Waits until no holder is left that could serve and lacks the version. False when the time is up before.
    private func isKnownToHolders(
        _ sighting: PendingSighting, at runtime: PlacementRuntime, until limit: ContinuousClock.Instant
    ) async -> Bool {
        let question = HolderQuestion(placement: runtime.name, index: sighting.index, service: self)
        var left = runtime.view.holders
        while true {
            let now = monotonicNanoseconds()
            if let record = runtime.view.placement {
                rotations.note(maxStaleness: record.placement.maxStaleness, of: runtime.name, now: now)
            }
            if now >= rotations.expiry(of: sighting, in: runtime.name) { return true }
            let time = limit - .now
            guard time > .zero else { return false }
            left = await question.unanswered(of: left, timeout: min(time, .seconds(1)))
            // Who is no holder any more is not waited for.
            left.removeAll { runtime.view.holder($0.replica) == nil }
            if left.isEmpty { return true }
            guard ContinuousClock.now + .milliseconds(50) < limit else { return false }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}
