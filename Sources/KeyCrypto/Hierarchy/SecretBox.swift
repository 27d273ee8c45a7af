/// Encrypts one secret under a long-lived key: AES-256-GCM under a key and nonce derived by SP 800-108 from that key, a
/// fresh
/// 256-bit salt and the hash of the associated data. So there is no nonce budget. Layout: `docs/formats.md`.
enum SecretBox {
    static let saltSize = 32
    static let secretLimit = 1 << 20
    /// Bytes around the secret: salt, length, tag.
    static let overhead = saltSize + 4 + AES256GCM.tagSize

    static func seal(
        _ secret: borrowing SecretBytes, key: borrowing SecretBytes, label: String, associatedData: [UInt8],
        random: any RandomSource
    ) throws(CryptoError) -> [UInt8] {
        guard (1...secretLimit).contains(secret.count), key.count == AES256GCM.keySize else {
            throw .invalidInput("length of a secret or of its wrapping key")
        }
        let salt = try random.bytes(saltSize)
        var writer = ByteWriter(capacity: overhead + secret.count)
        writer.raw(salt)
        writer.u32(UInt32(secret.count))
        let derived = try derive(key, label: label, salt: salt, associatedData: associatedData)
        let cipher = try AES256GCM()
        var sealed = [UInt8](repeating: 0, count: secret.count + AES256GCM.tagSize)
        let count = secret.count
        try sealed.withUnsafeMutableBufferPointer { (buffer) throws(CryptoError) in
            let output = UnsafeMutableRawBufferPointer(buffer)
            try secret.withUnsafeBytes { (plaintext) throws(CryptoError) in
                try derived.withUnsafeBytes { (derived) throws(CryptoError) in
                    try associatedData.withRawBytes { (authenticated) throws(CryptoError) in
                        try writer.bytes.withRawBytes { (head) throws(CryptoError) in
                            try cipher.seal(
                                key: UnsafeRawBufferPointer(rebasing: derived[..<32]),
                                nonce: UnsafeRawBufferPointer(rebasing: derived[32...]),
                                authenticated: (head, authenticated), plaintext: plaintext,
                                into: UnsafeMutableRawBufferPointer(rebasing: output[..<count]),
                                tag: UnsafeMutableRawBufferPointer(rebasing: output[count...]))
                        }
                    }
                }
            }
        }
        writer.raw(sealed)
        return writer.bytes
    }

    /// Opens exactly one box. Every failure is `ciphertextRejected`; the caller names its own error.
    static func open(
        _ box: UnsafeRawBufferPointer, key: borrowing SecretBytes, label: String, associatedData: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        var reader = ByteReader(box)
        guard key.count == AES256GCM.keySize, let salt = reader.array(saltSize), let count = reader.u32(),
            (1...secretLimit).contains(Int(count))
        else { throw .ciphertextRejected }
        let head = UnsafeRawBufferPointer(rebasing: box[..<reader.offset])
        guard let ciphertext = reader.raw(Int(count)), let tag = reader.raw(AES256GCM.tagSize), reader.isAtEnd else {
            throw .ciphertextRejected
        }
        let derived = try derive(key, label: label, salt: salt, associatedData: associatedData)
        let cipher = try AES256GCM()
        return try derived.withUnsafeBytes { (derived) throws(CryptoError) in
            try SecretBytes(count: Int(count)) { (output) throws(CryptoError) in
                try associatedData.withRawBytes { (authenticated) throws(CryptoError) in
                    try cipher.open(
                        key: UnsafeRawBufferPointer(rebasing: derived[..<32]),
                        nonce: UnsafeRawBufferPointer(rebasing: derived[32...]), authenticated: (head, authenticated),
                        ciphertext: ciphertext, tag: tag, into: output)
                }
            }
        }
    }

    private static func derive(
        _ key: borrowing SecretBytes, label: String, salt: [UInt8], associatedData: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        let count = AES256GCM.keySize + AES256GCM.nonceSize
        let context = salt + (try SHA256Digest.hash(associatedData))
        let input = CounterKDF.fixedInput(label: label, context: context, count: count)
        return try DerivedSecret.make(key, fixedInput: input, count: count)
    }
}

/// SP 800-108 off the hot path, with contexts of its own.
enum DerivedSecret {
    static func make(
        _ key: borrowing SecretBytes, fixedInput: [UInt8], count: Int
    ) throws(CryptoError) -> SecretBytes {
        let mac = try HMACSHA256()
        return try key.withUnsafeBytes { (key) throws(CryptoError) in
            try SecretBytes(count: count) { (output) throws(CryptoError) in
                try fixedInput.withRawBytes { (input) throws(CryptoError) in
                    try CounterKDF.derive(mac, key: key, fixedInput: input, into: output)
                }
            }
        }
    }
}
