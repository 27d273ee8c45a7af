/// What a key or message is for. Part of every associated data, so that nothing opens as something else.
package enum KeyPurpose: String, Sendable, CaseIterable {
    case message = "message"
    case tenantKey = "tenant-key"
    case keyVersion = "key-version"
}

/// The one canonical encoding that binds a ciphertext or a wrapped key to its place: cluster, placement, tenant, key,
/// version,
/// purpose and the caller's context. Byte layout: `docs/formats.md`.
package struct AssociatedData: Sendable, Hashable {
    package let placement: String
    package let keyID: [UInt8]
    package let version: UInt32

    /// The canonical bytes.
    package let encoded: [UInt8]

    /// The ciphertext header up to the salt, made once per key version.
    let headerPrefix: [UInt8]

    private let unbound: [UInt8]

    /// For messages under version `version` of a key. `context` can be changed later with `binding`.
    /// Throws `invalidInput` for a bad name, an empty or long cluster id, or a key id that is not 16 bytes.
    package init(
        cluster: [UInt8], placement: String, tenant: String, keyID: [UInt8], version: UInt32,
        context: EncryptionContext = .none
    ) throws(CryptoError) {
        guard keyID.count == CiphertextHeader.keyIDSize else { throw .invalidInput("key id") }
        let fields = Fields(
            placement: placement, tenant: tenant, keyID: keyID, version: version, wrappingKey: 0, purpose: .message)
        unbound = try fields.encode(cluster: cluster)
        encoded = unbound + context.encoded
        headerPrefix = CiphertextHeader.prefix(placement: placement, keyID: keyID, version: version)
        self.placement = placement
        self.keyID = keyID
        self.version = version
    }

    private init(_ other: AssociatedData, context: EncryptionContext) {
        placement = other.placement
        keyID = other.keyID
        version = other.version
        headerPrefix = other.headerPrefix
        unbound = other.unbound
        encoded = other.unbound + context.encoded
    }

    /// The same place with another context.
    package func binding(_ context: EncryptionContext) -> AssociatedData { AssociatedData(self, context: context) }

    /// The fields before the context.
    struct Fields {
        var placement: String
        var tenant: String
        var keyID: [UInt8]
        var version: UInt32
        var wrappingKey: UInt32
        var purpose: KeyPurpose

        static let format: UInt8 = 1

        func encode(cluster: [UInt8]) throws(CryptoError) -> [UInt8] {
            guard (1...64).contains(cluster.count) else { throw .invalidInput("cluster id") }
            guard PlacementName.isValid(placement.utf8) else { throw .invalidInput("placement name") }
            guard PlacementName.isValid(tenant.utf8) else { throw .invalidInput("tenant name") }
            var writer = ByteWriter(capacity: 160)
            writer.u8(Self.format)
            try writer.field(cluster)
            try writer.field(placement.utf8)
            try writer.field(tenant.utf8)
            try writer.field(keyID)
            writer.u32(version)
            writer.u32(wrappingKey)
            try writer.field(purpose.rawValue.utf8)
            return writer.bytes
        }
    }
}
