import Synchronization

/// A seal whose key comes from a passphrase by scrypt (RFC 7914). The cost is stored in each record and checked before
/// use, so
/// that a forged record cannot ask for unbounded memory.
package final class PassphraseSeal: Seal {
    private static let saltSize = 32
    private static let cacheLimit = 8

    private struct Recipe: Hashable {
        let parameters: ScryptParameters
        let salt: [UInt8]
    }

    private let passphrase: SecretBytes
    private let recipe: Recipe
    private let random: any RandomSource
    private let derived = Mutex<[Recipe: SharedSecret]>([:])

    package let name = "passphrase"

    /// Takes the passphrase over. Throws `invalidInput` when it is empty or the cost is out of bounds.
    package init(
        passphrase: consuming SecretBytes, parameters: ScryptParameters = .standard,
        random: any RandomSource = SystemRandom()
    ) throws(CryptoError) {
        guard passphrase.count > 0 else { throw .invalidInput("empty passphrase") }
        guard parameters.isAcceptable else { throw .invalidInput("scrypt parameters") }
        self.passphrase = passphrase
        self.random = random
        recipe = Recipe(parameters: parameters, salt: try random.bytes(Self.saltSize))
    }

    package func seal(_ secret: borrowing SecretBytes, label: String) throws(CryptoError) -> [UInt8] {
        var parameters = ByteWriter()
        parameters.u8(recipe.parameters.logN)
        parameters.u32(recipe.parameters.r)
        parameters.u32(recipe.parameters.p)
        parameters.raw(recipe.salt)
        let key = try key(for: recipe)
        return try SealedRecord.make(
            secret, kind: .passphrase, parameters: parameters.bytes, key: key.bytes, label: label, random: random)
    }

    package func unseal(_ record: [UInt8], label: String) throws(CryptoError) -> SecretBytes {
        let record = try SealedRecord(parsing: record, kind: .passphrase)
        let recipe: Recipe? = record.parameters.withRawBytes { bytes in
            var reader = ByteReader(bytes)
            guard let logN = reader.u8(), let r = reader.u32(), let p = reader.u32(),
                let salt = reader.array(Self.saltSize), reader.isAtEnd
            else { return nil }
            return Recipe(parameters: ScryptParameters(logN: logN, r: r, p: p), salt: salt)
        }
        guard let recipe, recipe.parameters.isAcceptable else { throw .sealRejected }
        if let known = derived.withLock({ $0[recipe] }) { return try record.open(key: known.bytes, label: label) }
        let key = try derive(recipe)
        let secret = try record.open(key: key.bytes, label: label)
        remember(key, for: recipe)
        return secret
    }

    private func key(for recipe: Recipe) throws(CryptoError) -> SharedSecret {
        if let known = derived.withLock({ $0[recipe] }) { return known }
        let key = try derive(recipe)
        remember(key, for: recipe)
        return key
    }

    private func derive(_ recipe: Recipe) throws(CryptoError) -> SharedSecret {
        SharedSecret(
            try Scrypt.derive(
                password: passphrase, salt: recipe.salt, parameters: recipe.parameters, count: AES256GCM.keySize))
    }

    /// Only recipes whose record opened are kept, and few: forged records fill no memory.
    private func remember(_ key: SharedSecret, for recipe: Recipe) {
        derived.withLock { derived in
            if derived.count < Self.cacheLimit { derived[recipe] = key }
        }
    }
}

extension PassphraseSeal: CustomStringConvertible, CustomReflectable {
    package var description: String { "PassphraseSeal(redacted)" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
