/// A seal whose key is a 32-byte file beside the data. It protects nothing against a thief of the disk; for tests and
/// development only.
package final class DevFileSeal: Seal {
    private let key: SecretBytes
    private let random: any RandomSource

    package let name = "dev-file"

    /// Opens the key file, creating it (mode 0600) if absent. Throws `sealRefused` in the production profile, when
    /// others may
    /// read the file, or when it is not 32 bytes long.
    package init(
        path: String, isProduction: Bool, random: any RandomSource = SystemRandom()
    ) throws(CryptoError) {
        guard !isProduction else { throw .sealRefused("the dev-file seal is not allowed in the production profile") }
        self.random = random
        if var bytes = try SecretFile.read(path, limit: AES256GCM.keySize, ownerOnly: true) {
            guard bytes.count == AES256GCM.keySize else {
                bytes.wipe()
                throw .sealRefused("\(path) is not a 32-byte key")
            }
            key = try SecretBytes(wiping: &bytes)
        } else {
            let fresh = try random.secret(AES256GCM.keySize)
            try fresh.withUnsafeBytes { (bytes) throws(CryptoError) in try SecretFile.replace(path, with: bytes) }
            key = fresh
        }
    }

    package func seal(_ secret: borrowing SecretBytes, label: String) throws(CryptoError) -> [UInt8] {
        try SealedRecord.make(secret, kind: .devFile, parameters: [], key: key, label: label, random: random)
    }

    package func unseal(_ record: [UInt8], label: String) throws(CryptoError) -> SecretBytes {
        let record = try SealedRecord(parsing: record, kind: .devFile)
        guard record.parameters.isEmpty else { throw .sealRejected }
        return try record.open(key: key, label: label)
    }
}

extension DevFileSeal: CustomStringConvertible, CustomReflectable {
    package var description: String { "DevFileSeal(redacted)" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
