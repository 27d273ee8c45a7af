/// Which key is wrapped, and by what: everything that a wrapped record is bound to besides the cluster.
package struct WrapScope: Sendable, Hashable {
    let placement: String
    let tenant: String
    let keyID: [UInt8]
    let version: UInt32
    let wrappingKey: UInt32
    let purpose: KeyPurpose

    /// Tenant key number `tenantKey` of a tenant in a placement, wrapped by the placement's epoch key `epoch`.
    package static func tenantKey(placement: String, tenant: String, tenantKey: UInt32, epoch: UInt32) -> WrapScope {
        WrapScope(
            placement: placement, tenant: tenant, keyID: [], version: tenantKey, wrappingKey: epoch, purpose: .tenantKey
        )
    }

    /// Version `version` of the key `keyID` (16 bytes), wrapped by the tenant's key number `tenantKey`.
    package static func keyVersion(
        placement: String, tenant: String, keyID: [UInt8], version: UInt32, tenantKey: UInt32
    ) -> WrapScope {
        WrapScope(
            placement: placement, tenant: tenant, keyID: keyID, version: version, wrappingKey: tenantKey,
            purpose: .keyVersion)
    }

    /// The canonical associated data of the wrap. Throws `invalidInput`.
    func encoded(cluster: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard keyID.count == (purpose == .keyVersion ? CiphertextHeader.keyIDSize : 0) else {
            throw .invalidInput("key id")
        }
        let fields = AssociatedData.Fields(
            placement: placement, tenant: tenant, keyID: keyID, version: version, wrappingKey: wrappingKey,
            purpose: purpose)
        return try fields.encode(cluster: cluster) + EncryptionContext.none.encoded
    }
}
