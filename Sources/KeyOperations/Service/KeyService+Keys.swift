import Audit
import Cluster
package import KeyModel
import KeyReplication
import Raft

/// A page of keys, and where the next begins; nil after the last.
package struct KeyPage: Sendable {
    package var keys: [Key]
    package var next: String?
}

extension KeyService {
    /// Makes a key with its first version. Everything random happens here, before the log.
    package func createKey(
        _ text: String, algorithm: Algorithm, tags: [KeyTag], idempotencyKey: [UInt8], in context: RequestContext
    ) async throws(KMSError) -> Written<Key> {
        try await audited(.createKey, in: context) { record in
            let name = try KeyName(parsing: text)
            let runtime = try self.runtime(for: name, record: &record)
            try self.authorize(.createKey, AccessTarget(name, tags: tags), at: runtime, in: context, record: &record)
            try await self.waitUntilCurrent(context)
            let tenantKey = try await self.ensureTenant(name.tenant, at: runtime, in: context)
            guard let id = KeyID(try self.random(16)) else { throw KMSError(.internalError, "no key id could be made") }
            let wrapped = try self.materials.makeVersion(
                of: id, .first, tenant: name.tenant, under: tenantKey, at: runtime)
            let request =
                "create\0\(name)\0\(algorithm.rawValue)\0\(Self.text(of: tags))"
            let command = KeyCommand.CreateKey(id: id, name: name, algorithm: algorithm, wrapped: wrapped, tags: tags)
            return try await self.write(
                .createKey(command), at: runtime, request: request, idempotencyKey: idempotencyKey, in: context,
                record: &record)
        }
    }

    /// The key as it is here, or with `confirmed` as a quorum has it now.
    package func describeKey(_ text: String, confirmed: Bool, in context: RequestContext) async throws(KMSError) -> Key
    {
        try await audited(.describeKey, in: context) { record in
            let name = try KeyName(parsing: text)
            let runtime = try self.runtime(for: name, record: &record)
            try await self.waitUntilCurrent(context)
            if confirmed { try await self.confirm(runtime, in: context) }
            let found = await self.find(name, at: runtime, in: context)
            try self.authorize(
                .describeKey, AccessTarget(name, tags: found?.tags ?? []), at: runtime, in: context, record: &record)
            guard let key = found else { throw KMSError(.keyNotFound, "there is no key \(name)") }
            record.keyID = key.id.bytes
            return key
        }
    }

    /// Keys of a placement in the order of their names, those whose full name begins with `prefix`.
    package func listKeys(prefix: String, after: String?, limit: Int, in context: RequestContext) async throws(KMSError)
        -> KeyPage
    {
        try await audited(.listKeys, in: context) { record in
            let parts = prefix.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = parts.first, let placement = try? PlacementName(String(first)) else {
                throw KMSError(.invalidRequest, "a list begins with the name of a placement, for example eu/")
            }
            record.placement = placement.rawValue
            let runtime = try self.runtime(of: placement)
            try await self.waitUntilCurrent(context)
            let tenant = parts.count > 1 ? try? TenantName(String(parts[1].prefix { $0 != "/" })) : nil
            try self.authorize(
                .listKeys, AccessTarget(placement: placement, tenant: tenant), at: runtime, in: context, record: &record
            )
            let most = min(max(limit, 1), 1000)
            let start = try after.map { text throws(KMSError) in try KeyName(parsing: text) }
            let keys = runtime.view.keys(withPrefix: prefix, after: start, limit: most + 1).map(\.key)
            let page = Array(keys.prefix(most))
            return KeyPage(keys: page, next: keys.count > most ? page.last?.name.description : nil)
        }
    }

    /// Stops all use of a key, or allows it again.
    package func setEnabled(_ isEnabled: Bool, key text: String, idempotencyKey: [UInt8], in context: RequestContext)
        async throws(KMSError) -> Written<Key>
    {
        let action: Action = isEnabled ? .enableKey : .disableKey
        return try await audited(action, in: context) { record in
            let (runtime, key) = try await self.changeable(text, action, in: context, record: &record)
            let written = try await self.write(
                isEnabled ? .enableKey(key.name) : .disableKey(key.name), at: runtime,
                request: "\(action.rawValue)\0\(key.name)", idempotencyKey: idempotencyKey, in: context, record: &record
            )
            self.materials.forget(key.id)
            return written
        }
    }

    /// Replaces all tags of a key.
    package func setTags(_ tags: [KeyTag], key text: String, idempotencyKey: [UInt8], in context: RequestContext)
        async throws(KMSError) -> Written<Key>
    {
        try await audited(.tagKey, in: context) { record in
            let (runtime, key) = try await self.changeable(text, .tagKey, in: context, record: &record)
            let request = "tags\0\(key.name)\0\(Self.text(of: tags))"
            return try await self.write(
                .setTags(key.name, tags), at: runtime, request: request, idempotencyKey: idempotencyKey, in: context,
                record: &record)
        }
    }

    // MARK: Steps

    private static func text(of tags: [KeyTag]) -> String {
        tags.map { "\($0.key)=\($0.value)" }.joined(separator: "\0")
    }

    func changeable(_ text: String, _ action: Action, in context: RequestContext, record: inout AuditRecord)
        async throws(KMSError) -> (PlacementRuntime, Key)
    {
        let name = try KeyName(parsing: text)
        let runtime = try runtime(for: name, record: &record)
        try await waitUntilCurrent(context)
        let found = try await findForChange(name, at: runtime, in: context)
        try authorize(action, AccessTarget(name, tags: found?.tags ?? []), at: runtime, in: context, record: &record)
        guard let key = found else { throw KMSError(.keyNotFound, "there is no key \(name)") }
        record.keyID = key.id.bytes
        return (runtime, key)
    }

    func write(
        _ body: KeyCommand.Body, at runtime: PlacementRuntime, request: String, idempotencyKey: [UInt8],
        in context: RequestContext, record: inout AuditRecord
    ) async throws(KMSError) -> Written<Key> {
        let written = try await propose(
            body, at: runtime, principal: context.principal,
            idempotency: try idempotency(idempotencyKey, request: request.utf8), deadline: context.deadline)
        guard let key = written.value.key else { throw KMSError(.internalError, "the write had an unexpected outcome") }
        record.keyID = key.id.bytes
        record.change = AuditedChange(group: written.token.group, term: 0, index: written.token.index)
        return Written(key, token: written.token)
    }

    /// The number of the tenant's newest key; makes the first one for a tenant that has none.
    func ensureTenant(_ name: TenantName, at runtime: PlacementRuntime, in context: RequestContext)
        async throws(KMSError)
        -> TenantKeyNumber
    {
        if let current = runtime.view.tenant(name)?.current { return current.number }
        guard let epoch = runtime.view.epochLedger.current else {
            throw KMSError(.sealed, "placement \(runtime.name) has no active epoch key yet")
        }
        let wrapped = try materials.makeTenantKey(.first, tenant: name, under: epoch, at: runtime)
        do throws(KMSError) {
            let command = KeyCommand.PutTenantKey(tenant: name, number: .first, wrapped: wrapped)
            _ = try await propose(
                .putTenantKey(command), at: runtime, principal: context.principal,
                idempotency: try idempotency([], request: "tenant\0\(name)".utf8), deadline: context.deadline)
        } catch {
            // Another call made it first; its entry is applied here, or ours would not have been refused.
            guard error.code == .alreadyExists else { throw error }
        }
        guard let made = runtime.view.tenant(name)?.current else {
            throw KMSError(.internalError, "the tenant has no key")
        }
        return made.number
    }
}
