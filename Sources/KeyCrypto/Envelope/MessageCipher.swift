/// Encrypts and decrypts messages under a key version with a key that is derived for each message and used once (suite
/// 1).
///
/// Not thread-safe: one per event loop, because it reuses its OpenSSL contexts and its working memory. A message costs
/// about
/// 2 µs. No nonce budget and no coordination between nodes: each message has its own 256-bit salt.
package final class MessageCipher {
    /// Longest plaintext in bytes.
    package static let plaintextLimit = 65536
    /// Length of a key version for this suite in bytes.
    package static let keySize = 32
    /// Longest ciphertext in bytes.
    package static let ciphertextLimit = 8 + 63 + 20 + 64 + plaintextLimit + AES256GCM.tagSize

    private let sha: SHA256Context
    private let mac: HMACSHA256
    private let cipher: AES256GCM
    private let salts: SaltSource
    private let scratch: SecretScratch
    private let layout: Layout

    /// Regions of the scratch memory.
    private struct Layout {
        let contextHash: UnsafeMutableRawBufferPointer
        let messageHash: UnsafeMutableRawBufferPointer
        let fixedInput: UnsafeMutableRawBufferPointer
        let salt: UnsafeMutableRawBufferPointer
        let fixedHash: UnsafeMutableRawBufferPointer
        let version: UnsafeMutableRawBufferPointer
        let derived: UnsafeMutableRawBufferPointer
        let key: UnsafeRawBufferPointer
        let nonce: UnsafeRawBufferPointer
        let commitment: UnsafeRawBufferPointer

        init(_ scratch: SecretScratch, template: [UInt8]) {
            contextHash = scratch.region(0..<32)
            messageHash = scratch.region(32..<64)
            derived = scratch.region(64..<160)
            fixedInput = scratch.region(160..<160 + template.count)
            template.withRawBytes { [fixedInput] in fixedInput.copyMemory(from: $0) }
            let variable = 160 + MessageCipher.label.utf8.count + 2
            version = scratch.region(variable..<variable + 4)
            salt = scratch.region(variable + 4..<variable + 36)
            fixedHash = scratch.region(variable + 36..<variable + 68)
            key = UnsafeRawBufferPointer(rebasing: derived[0..<32])
            nonce = UnsafeRawBufferPointer(rebasing: derived[32..<44])
            commitment = UnsafeRawBufferPointer(rebasing: derived[44..<76])
        }
    }

    private static let label = "claviger/message/1"
    /// The length that enters the derivation. The scratch takes whole blocks; what lies behind these bytes is not used.
    private static let derivedSize = AES256GCM.keySize + AES256GCM.nonceSize + CiphertextHeader.commitmentSize

    /// `incarnation` is the node's; it keeps salts of a node and of its rebuilt successor apart should the generator
    /// fail.
    package init(incarnation: UInt32, random: any RandomSource = SystemRandom()) throws(CryptoError) {
        sha = try SHA256Context()
        mac = try HMACSHA256()
        cipher = try AES256GCM()
        salts = try SaltSource(incarnation: incarnation, random: random)
        scratch = try SecretScratch(count: 512)
        let variable = [CiphertextHeader.suite] + [UInt8](repeating: 0, count: 4 + 32 + 32)
        let template = CounterKDF.fixedInput(label: Self.label, context: variable, count: Self.derivedSize)
        layout = Layout(scratch, template: template)
    }

    /// Encrypts 1 to 65536 bytes. Throws `plaintextEmpty`, `plaintextTooLarge`, `invalidInput` for a key of another
    /// size,
    /// `randomUnavailable` or `libraryFailure`.
    package func encrypt(
        _ plaintext: UnsafeRawBufferPointer, key: SharedSecret, associatedData: AssociatedData
    ) throws(CryptoError) -> [UInt8] {
        guard plaintext.count > 0 else { throw .plaintextEmpty }
        guard plaintext.count <= Self.plaintextLimit else { throw .plaintextTooLarge(limit: Self.plaintextLimit) }
        guard key.count == Self.keySize else { throw .invalidInput("message key length") }
        try hash(associatedData)
        try sha.hash(plaintext, UnsafeRawBufferPointer(layout.contextHash), into: layout.messageHash)
        try salts.write(digest: UnsafeRawBufferPointer(layout.messageHash), into: layout.salt)
        try derive(from: key, version: associatedData.version)

        let prefix = associatedData.headerPrefix
        let headerCount = prefix.count + CiphertextHeader.saltSize + CiphertextHeader.commitmentSize
        let total = headerCount + plaintext.count + AES256GCM.tagSize
        return try [UInt8](unsafeUninitializedCapacity: total) { (buffer, initialized) throws(CryptoError) in
            let output = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<total])
            let header = UnsafeMutableRawBufferPointer(rebasing: output[..<headerCount])
            header.copyBytes(from: prefix)
            Self.slice(header, prefix.count, 32).copyMemory(from: UnsafeRawBufferPointer(layout.salt))
            Self.slice(header, prefix.count + 32, 32).copyMemory(from: layout.commitment)
            try associatedData.encoded.withRawBytes { (encoded) throws(CryptoError) in
                try cipher.seal(
                    key: layout.key, nonce: layout.nonce, authenticated: (UnsafeRawBufferPointer(header), encoded),
                    plaintext: plaintext, into: Self.slice(output, headerCount, plaintext.count),
                    tag: Self.slice(output, headerCount + plaintext.count, AES256GCM.tagSize))
            }
            initialized = total
        }
    }

    /// Decrypts. Every failure, whatever its reason, is `ciphertextRejected`. The plaintext is on its way to the
    /// caller's
    /// wire; wipe the array after use.
    package func decrypt(
        _ ciphertext: UnsafeRawBufferPointer, key: SharedSecret, associatedData: AssociatedData
    ) throws(CryptoError) -> [UInt8] {
        do throws(CryptoError) {
            return try open(ciphertext, key: key, associatedData: associatedData)
        } catch {
            throw .ciphertextRejected
        }
    }

    /// As above, for an array.
    package func encrypt(
        _ plaintext: [UInt8], key: SharedSecret, associatedData: AssociatedData
    ) throws(CryptoError) -> [UInt8] {
        try plaintext.withRawBytes { (bytes) throws(CryptoError) in
            try encrypt(bytes, key: key, associatedData: associatedData)
        }
    }

    /// As above, for an array.
    package func decrypt(
        _ ciphertext: [UInt8], key: SharedSecret, associatedData: AssociatedData
    ) throws(CryptoError) -> [UInt8] {
        try ciphertext.withRawBytes { (bytes) throws(CryptoError) in
            try decrypt(bytes, key: key, associatedData: associatedData)
        }
    }

    /// SHA-256 of the context's canonical bytes, 32 bytes: tells in a record that two contexts are the same, not what
    /// they are.
    package func digest(of context: EncryptionContext) throws(CryptoError) -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: SHA256Context.size) { (buffer, initialized) throws(CryptoError) in
            try context.encoded.withRawBytes { (encoded) throws(CryptoError) in
                try sha.hash(encoded, into: UnsafeMutableRawBufferPointer(buffer))
            }
            initialized = SHA256Context.size
        }
    }

    /// Overwrites what the contexts and the working memory keep of the last key. To be called when an event loop goes
    /// idle
    /// and after keys were destroyed or the node was sealed.
    package func forgetKeys() throws(CryptoError) {
        layout.derived.wipe()
        let zeros = [UInt8](repeating: 0, count: AES256GCM.keySize)
        try zeros.withRawBytes { (zeros) throws(CryptoError) in
            try mac.start(key: zeros)
            try cipher.rekey(zeros)
        }
    }

    private func open(
        _ ciphertext: UnsafeRawBufferPointer, key: SharedSecret, associatedData: AssociatedData
    ) throws(CryptoError) -> [UInt8] {
        guard key.count == Self.keySize, let view = CiphertextHeader.View(ciphertext),
            view.prefix.elementsEqual(associatedData.headerPrefix)
        else { throw .ciphertextRejected }
        try hash(associatedData)
        layout.salt.copyMemory(from: view.salt)
        try derive(from: key, version: view.version)
        guard ConstantTime.equals(layout.commitment, view.commitment) else { throw .ciphertextRejected }

        let count = view.body.count
        return try [UInt8](unsafeUninitializedCapacity: count) { (buffer, initialized) throws(CryptoError) in
            let output = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
            do throws(CryptoError) {
                try associatedData.encoded.withRawBytes { (encoded) throws(CryptoError) in
                    try cipher.open(
                        key: layout.key, nonce: layout.nonce, authenticated: (view.header, encoded),
                        ciphertext: view.body, tag: view.tag, into: output)
                }
            } catch {
                output.wipe()
                throw error
            }
            initialized = count
        }
    }

    private func hash(_ associatedData: AssociatedData) throws(CryptoError) {
        try associatedData.encoded.withRawBytes { (encoded) throws(CryptoError) in
            try sha.hash(encoded, into: layout.contextHash)
        }
        layout.fixedHash.copyMemory(from: UnsafeRawBufferPointer(layout.contextHash))
    }

    /// Key, nonce and commitment of the message whose salt and associated-data hash are in the scratch.
    private func derive(from key: SharedSecret, version: UInt32) throws(CryptoError) {
        layout.version.storeBytes(of: version.bigEndian, as: UInt32.self)
        try key.withUnsafeBytes { (key) throws(CryptoError) in
            try CounterKDF.derive(
                mac, key: key, fixedInput: UnsafeRawBufferPointer(layout.fixedInput), into: layout.derived)
        }
    }

    private static func slice(
        _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int, _ count: Int
    ) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count])
    }
}
