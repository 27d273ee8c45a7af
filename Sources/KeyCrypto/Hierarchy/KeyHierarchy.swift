/// Makes, wraps and opens the keys of the hierarchy: epoch key E wraps tenant key T, T wraps key version V.
/// Thread-safe.
package struct KeyHierarchy: Sendable {
    /// Length of epoch keys, tenant keys and message keys in bytes.
    package static let keySize = 32
    /// Longest secret that can be wrapped in bytes; signing keys are longer than message keys.
    package static let wrappedSecretLimit = 8192
    /// Length of an epoch key's check value in bytes.
    package static let checkValueSize = 16

    private static let format: UInt8 = 1
    private static let suite: UInt8 = 1
    private static let headerSize = 8

    private let cluster: [UInt8]
    private let random: any RandomSource

    /// `cluster` is the cluster id, 1 to 64 bytes; every wrap and check value is bound to it.
    package init(cluster: [UInt8], random: any RandomSource = SystemRandom()) throws(CryptoError) {
        guard (1...64).contains(cluster.count) else { throw .invalidInput("cluster id") }
        self.cluster = cluster
        self.random = random
    }

    /// A new random 256-bit key.
    package func generateKey() throws(CryptoError) -> SecretBytes { try random.secret(Self.keySize) }

    /// Wraps a secret. Wrapping the same secret twice gives two different records.
    package func wrap(
        _ secret: borrowing SecretBytes, under wrappingKey: borrowing SecretBytes, scope: WrapScope
    ) throws(CryptoError) -> [UInt8] {
        guard secret.count <= Self.wrappedSecretLimit else { throw .invalidInput("length of a wrapped secret") }
        let header = header(scope)
        let box = try SecretBox.seal(
            secret, key: wrappingKey, label: Self.label(scope.purpose),
            associatedData: header + scope.encoded(cluster: cluster), random: random)
        return header + box
    }

    /// Opens a wrapped record, or throws `wrapRejected`: damage, another wrapping key, or another scope.
    package func unwrap(
        _ record: [UInt8], under wrappingKey: borrowing SecretBytes, scope: WrapScope
    ) throws(CryptoError) -> SecretBytes {
        let header = header(scope)
        guard record.starts(with: header),
            record.count <= Self.headerSize + SecretBox.overhead + Self.wrappedSecretLimit
        else { throw .wrapRejected }
        let associatedData = try header + scope.encoded(cluster: cluster)
        do throws(CryptoError) {
            return try record.withRawBytes { (record) throws(CryptoError) in
                try SecretBox.open(
                    UnsafeRawBufferPointer(rebasing: record[header.count...]), key: wrappingKey,
                    label: Self.label(scope.purpose), associatedData: associatedData)
            }
        } catch {
            throw error == .ciphertextRejected ? .wrapRejected : error
        }
    }

    /// The number of the epoch or tenant key that a record was wrapped by, unauthenticated; nil when it is no record.
    package static func wrappingKeyNumber(of record: [UInt8]) -> UInt32? {
        record.withRawBytes { bytes in
            var reader = ByteReader(bytes)
            guard reader.u8() == format, reader.u8() == suite, let kind = reader.u8(), kind == 1 || kind == 2,
                reader.u8() == 0
            else { return nil }
            return reader.u32()
        }
    }

    /// A public value that names an epoch key without telling anything about it, so that holders can compare theirs.
    package func checkValue(
        of epochKey: borrowing SecretBytes, placement: String, epoch: UInt32
    ) throws(CryptoError) -> [UInt8] {
        try EpochCheck.value(of: epochKey, cluster: cluster, placement: placement, epoch: epoch)
    }

    /// Format, suite, kind, zero, and the number of the wrapping key.
    private func header(_ scope: WrapScope) -> [UInt8] {
        var writer = ByteWriter(capacity: Self.headerSize)
        writer.u8(Self.format)
        writer.u8(Self.suite)
        writer.u8(scope.purpose == .tenantKey ? 1 : 2)
        writer.u8(0)
        writer.u32(scope.wrappingKey)
        return writer.bytes
    }

    private static func label(_ purpose: KeyPurpose) -> String { "claviger/wrap/1/" + purpose.rawValue }
}

/// The check value of an epoch key: 16 bytes derived under a label of their own.
enum EpochCheck {
    static func value(
        of epochKey: borrowing SecretBytes, cluster: [UInt8], placement: String, epoch: UInt32
    ) throws(CryptoError) -> [UInt8] {
        guard epochKey.count == KeyHierarchy.keySize else { throw .invalidInput("epoch key length") }
        var context = ByteWriter()
        try context.field(cluster)
        try context.field(placement.utf8)
        context.u32(epoch)
        let input = CounterKDF.fixedInput(
            label: "claviger/epoch check/1", context: context.bytes, count: KeyHierarchy.checkValueSize)
        let derived = try DerivedSecret.make(epochKey, fixedInput: input, count: KeyHierarchy.checkValueSize)
        return derived.withUnsafeBytes { [UInt8]($0) }
    }
}
