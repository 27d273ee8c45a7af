import Audit
import Cluster
import KeyCrypto
package import KeyModel
import KeyReplication
import Raft

extension KeyService {
    /// Encrypts under a key. Never waits: state, policy and material are in memory. The reply may leave when the record
    /// is durable.
    package func encrypt(_ request: EncryptRequest, in context: RequestContext, on lane: CryptoLane) -> AuditedResult<
        EncryptReply
    > {
        var record = record(.encrypt, in: context)
        var doubt: PlacementName?
        let result = Result { () throws(KMSError) in
            try seal(request, in: context, on: lane, record: &record, doubt: &doubt)
        }
        close(&record, result.failure, in: context)
        return AuditedResult(result, record: record, doubt: context.look == .local ? doubt : nil)
    }

    /// Decrypts. Every reason to refuse the ciphertext itself is one and the same error.
    package func decrypt(_ request: DecryptRequest, in context: RequestContext, on lane: CryptoLane) -> AuditedResult<
        DecryptReply
    > {
        var record = record(.decrypt, in: context)
        var doubt: PlacementName?
        let result = Result { () throws(KMSError) in
            try open(request, in: context, on: lane, record: &record, doubt: &doubt)
        }
        close(&record, result.failure, in: context)
        return AuditedResult(result, record: record, doubt: context.look == .local ? doubt : nil)
    }

    /// Whether the state that the caller has seen is applied here; if not, the door waits before it asks again.
    package func isCurrent(_ token: ConsistencyToken?) -> Bool {
        guard let token, let gauge = cluster.gauge(of: GroupID(token.group)) else { return true }
        return gauge.applied.rawValue >= token.index
    }

    /// Waits until `isCurrent`, at most until the deadline.
    package func waitUntilCurrent(_ context: RequestContext) async throws(KMSError) {
        guard let token = context.token, cluster.gauge(of: GroupID(token.group)) != nil else { return }
        do {
            try await cluster.waitApplied(LogIndex(token.index), of: GroupID(token.group), timeout: context.remaining)
        } catch {
            throw KMSError(.stale, "this node has not caught up with what the caller has seen", cause: error)
        }
    }

    private func seal(
        _ request: EncryptRequest, in context: RequestContext, on lane: CryptoLane, record: inout AuditRecord,
        doubt: inout PlacementName?
    ) throws(KMSError) -> EncryptReply {
        let name = try KeyName(parsing: request.key)
        record.bytesIn = UInt64(request.plaintext.count)
        let runtime = try runtime(for: name, record: &record)
        let bound = try bind(request.context, on: lane, record: &record)
        let now = monotonicNanoseconds()
        record.freshnessMilliseconds = try checkFresh(runtime, now: now) / 1_000_000
        let found = runtime.view.key(named: name)?.key
        if found == nil { doubt = name.placement }
        try authorize(
            .encrypt, AccessTarget(name, tags: found?.tags ?? []), context: request.entries, at: runtime, in: context,
            record: &record)
        guard let key = found else { throw KMSError(.keyNotFound, "there is no key \(name)") }
        let number = request.version == 0 ? key.primary : KeyVersionNumber(request.version)
        record.keyID = key.id.bytes
        record.keyVersion = number.rawValue
        guard let version = key.version(number), key.permits(.protect, version: number) else {
            // The caller names a later version than protects here: another holder may have seen its activation.
            if key.isEnabled, number > key.primary {
                doubt = name.placement
                if context.look != .confirmed { throw Self.behind(number) }
            }
            throw KMSError(.invalidKeyState, "version \(number) of the key may not protect data now")
        }
        let secret = try materials.secret(of: version, in: key, at: runtime, now: now)
        do throws(CryptoError) {
            let associated = try AssociatedData(
                cluster: clusterID, placement: name.placement.rawValue, tenant: name.tenant.rawValue,
                keyID: key.id.bytes, version: number.rawValue, context: bound)
            let ciphertext = try lane.cipher.encrypt(request.plaintext, key: secret, associatedData: associated)
            record.bytesOut = UInt64(ciphertext.count)
            return EncryptReply(ciphertext: ciphertext, version: number.rawValue, keyID: key.id.bytes)
        } catch {
            throw Self.kmsError(error)
        }
    }

    private func open(
        _ request: DecryptRequest, in context: RequestContext, on lane: CryptoLane, record: inout AuditRecord,
        doubt: inout PlacementName?
    ) throws(KMSError) -> DecryptReply {
        let refused = KMSError(.ciphertextRejected, "the ciphertext is refused")
        record.bytesIn = UInt64(request.ciphertext.count)
        guard let header = try? CiphertextHeader(parsing: request.ciphertext),
            let placement = try? PlacementName(header.placement), let id = KeyID(header.keyID)
        else { throw refused }
        record.placement = placement.rawValue
        let runtime = try runtime(of: placement)
        record.keyID = header.keyID
        record.keyVersion = header.version
        let bound = try bind(request.context, on: lane, record: &record)
        let now = monotonicNanoseconds()
        record.freshnessMilliseconds = try checkFresh(runtime, now: now) / 1_000_000
        guard let key = runtime.view.key(id)?.key else {
            doubt = placement
            throw refused
        }
        record.describe(key.name)
        try authorize(
            .decrypt, AccessTarget(key.name, tags: key.tags), context: request.entries, at: runtime, in: context,
            record: &record)
        let number = KeyVersionNumber(header.version)
        guard let version = key.version(number) else {
            guard number > key.primary, context.look != .confirmed else { throw refused }
            doubt = placement
            throw Self.behind(number)
        }
        guard key.permits(.process, version: number) else {
            throw KMSError(.invalidKeyState, "version \(number) of the key may not open data now")
        }
        let secret = try materials.secret(of: version, in: key, at: runtime, now: now)
        do throws(CryptoError) {
            let associated = try AssociatedData(
                cluster: clusterID, placement: placement.rawValue, tenant: key.tenant.rawValue, keyID: key.id.bytes,
                version: number.rawValue, context: bound)
            let plaintext = try lane.cipher.decrypt(request.ciphertext, key: secret, associatedData: associated)
            record.bytesOut = UInt64(plaintext.count)
            return DecryptReply(plaintext: plaintext, key: key.name.description, version: number.rawValue)
        } catch {
            throw Self.kmsError(error)
        }
    }

    /// The caller's context in its canonical form, with its digest in the record.
    private func bind(_ pairs: [(key: String, value: String)], on lane: CryptoLane, record: inout AuditRecord)
        throws(KMSError) -> EncryptionContext
    {
        do throws(CryptoError) {
            let context = try EncryptionContext(pairs)
            record.contextDigest = try lane.cipher.digest(of: context)
            return context
        } catch {
            throw Self.kmsError(error)
        }
    }

    /// Another holder may know more of the key than this one does now.
    private static func behind(_ number: KeyVersionNumber) -> KMSError {
        KMSError(.stale, "this node does not know version \(number) of the key as in use yet")
    }

    private static func kmsError(_ error: CryptoError) -> KMSError {
        switch error {
        case .plaintextEmpty: KMSError(.invalidRequest, "the plaintext is empty")
        case .plaintextTooLarge(let limit): KMSError(.invalidRequest, "the plaintext exceeds \(limit) bytes")
        case .invalidInput(let what): KMSError(.invalidRequest, what)
        case .ciphertextRejected: KMSError(.ciphertextRejected, "the ciphertext is refused")
        default: KMSError(.internalError, "the cryptographic library failed", cause: error)
        }
    }
}

extension EncryptRequest {
    var entries: [ContextEntry] { context.map { ContextEntry(key: $0.key, value: $0.value) } }
}

extension DecryptRequest {
    var entries: [ContextEntry] { context.map { ContextEntry(key: $0.key, value: $0.value) } }
}

extension AuditRecord {
    mutating func describe(_ name: KeyName) {
        placement = name.placement.rawValue
        tenant = name.tenant.rawValue
        keyName = name.key
    }
}

extension Result {
    var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
