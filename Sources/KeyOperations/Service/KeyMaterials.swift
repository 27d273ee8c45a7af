import Cluster
package import KeyCrypto
package import KeyModel
import KeyReplication
import Synchronization

/// Opens wrapped keys: epoch key, then tenant key, then version. Opened keys are kept in locked memory for a while.
package final class KeyMaterials: Sendable {
    private struct TenantSlot: Hashable {
        var placement: PlacementName
        var tenant: TenantName
        var number: TenantKeyNumber
        var epoch: EpochNumber
    }

    package let hierarchy: KeyHierarchy
    package let epochs: EpochStore
    private let cluster: [UInt8]
    private let versions: KeyCache
    private let tenants = Mutex<[TenantSlot: SharedSecret]>([:])
    private static let tenantLimit = 4096

    /// `capacity` opened versions are kept, each until it was not used for `idle` nanoseconds.
    package init(cluster: [UInt8], epochs: EpochStore, capacity: Int = 16_384, idle: UInt64 = 600_000_000_000)
        throws(CryptoError)
    {
        self.cluster = cluster
        self.epochs = epochs
        hierarchy = try KeyHierarchy(cluster: cluster)
        versions = KeyCache(capacity: capacity, idleTime: idle)
    }

    /// The key of a version. Throws `sealed` when this holder has not received the epoch key yet, `corruption` when a
    /// wrap does not open.
    package func secret(of version: KeyVersion, in key: Key, at runtime: PlacementRuntime, now: UInt64) throws(KMSError)
        -> SharedSecret
    {
        let identifier = KeyCache.Identifier(keyID: key.id.bytes, version: version.number.rawValue)
        if let cached = versions.value(identifier, generation: key.generation, now: now) { return cached }
        let ticket = versions.ticket()
        guard let wrapped = version.wrapped, case .tenantKey(let number) = wrapped.wrapping else {
            throw KMSError(.invalidKeyState, "version \(version.number) of the key has no material any more")
        }
        let tenant = try tenantSecret(key.tenant, number, at: runtime)
        do {
            let scope = WrapScope.keyVersion(
                placement: key.placement.rawValue, tenant: key.tenant.rawValue, keyID: key.id.bytes,
                version: version.number.rawValue, tenantKey: number.rawValue)
            let secret = SharedSecret(try hierarchy.unwrap(wrapped.bytes, under: tenant.bytes, scope: scope))
            versions.insert(
                secret, for: identifier, placement: key.placement.rawValue, generation: key.generation, now: now,
                ticket: ticket)
            return secret
        } catch {
            throw KMSError(.corruption, "the key's material cannot be opened", cause: error)
        }
    }

    /// A tenant's key by number.
    package func tenantSecret(_ name: TenantName, _ number: TenantKeyNumber, at runtime: PlacementRuntime)
        throws(KMSError)
        -> SharedSecret
    {
        guard let record = runtime.view.tenant(name)?.key(number), let epoch = record.epoch else {
            throw KMSError(.corruption, "the tenant's key \(number) is missing")
        }
        let slot = TenantSlot(placement: runtime.name, tenant: name, number: number, epoch: epoch)
        if let cached = tenants.withLock({ $0[slot] }) { return cached }
        guard let wrapping = epochs.get(placement: runtime.name.rawValue, epoch: epoch.rawValue) else {
            throw KMSError(.sealed, "this node has not received epoch key \(epoch) of placement \(runtime.name) yet")
        }
        do {
            let scope = WrapScope.tenantKey(
                placement: runtime.name.rawValue, tenant: name.rawValue, tenantKey: number.rawValue,
                epoch: epoch.rawValue)
            let secret = SharedSecret(try hierarchy.unwrap(record.wrapped.bytes, under: wrapping.bytes, scope: scope))
            tenants.withLock { tenants in
                if tenants.count >= Self.tenantLimit { tenants.removeAll() }
                tenants[slot] = secret
            }
            return secret
        } catch {
            throw KMSError(.corruption, "the tenant's key cannot be opened", cause: error)
        }
    }

    /// New material, wrapped by the tenant's key; the plaintext is gone when this returns.
    package func makeVersion(
        of keyID: KeyID, _ number: KeyVersionNumber, tenant: TenantName, under tenantKey: TenantKeyNumber,
        at runtime: PlacementRuntime
    ) throws(KMSError) -> WrappedKeyMaterial {
        let wrapping = try tenantSecret(tenant, tenantKey, at: runtime)
        do {
            let scope = WrapScope.keyVersion(
                placement: runtime.name.rawValue, tenant: tenant.rawValue, keyID: keyID.bytes, version: number.rawValue,
                tenantKey: tenantKey.rawValue)
            let secret = try hierarchy.generateKey()
            return WrappedKeyMaterial(
                bytes: try hierarchy.wrap(secret, under: wrapping.bytes, scope: scope), wrapping: .tenantKey(tenantKey))
        } catch {
            throw KMSError(.internalError, "key material could not be made", cause: error)
        }
    }

    /// A new tenant key, wrapped by an epoch key that this node holds.
    package func makeTenantKey(
        _ number: TenantKeyNumber, tenant: TenantName, under epoch: EpochNumber, at runtime: PlacementRuntime
    )
        throws(KMSError) -> WrappedKeyMaterial
    {
        guard let wrapping = epochs.get(placement: runtime.name.rawValue, epoch: epoch.rawValue) else {
            throw KMSError(.sealed, "this node has not received epoch key \(epoch) of placement \(runtime.name) yet")
        }
        do {
            let scope = WrapScope.tenantKey(
                placement: runtime.name.rawValue, tenant: tenant.rawValue, tenantKey: number.rawValue,
                epoch: epoch.rawValue)
            let secret = try hierarchy.generateKey()
            return WrappedKeyMaterial(
                bytes: try hierarchy.wrap(secret, under: wrapping.bytes, scope: scope), wrapping: .epoch(epoch))
        } catch {
            throw KMSError(.internalError, "key material could not be made", cause: error)
        }
    }

    /// Forgets the opened versions of a key, for example when it was disabled.
    package func forget(_ key: KeyID) { versions.invalidate(keyID: key.bytes) }
}
