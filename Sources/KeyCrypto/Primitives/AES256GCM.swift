import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with 96-bit nonce and 128-bit tag, on a context that is used again and again. One
/// thread only.
/// The caller's key must be fresh for each message: nothing here counts nonces.
package final class AES256GCM {
    package static let keySize = 32
    package static let nonceSize = 12
    package static let tagSize = 16
    private let context: OpaquePointer
    private let algorithm: OpaquePointer

    package init() throws(CryptoError) {
        algorithm = try Algorithms.aes256GCM.handle("AES-256-GCM")
        guard let context = EVP_CIPHER_CTX_new() else { throw .libraryFailure("EVP_CIPHER_CTX_new") }
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Encrypts `plaintext` into `ciphertext` of the same length and writes the tag. Both parts of `authenticated` are
    /// bound, one after the other.
    package func seal(
        key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        authenticated: (UnsafeRawBufferPointer, UnsafeRawBufferPointer), plaintext: UnsafeRawBufferPointer,
        into ciphertext: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        try check(key, nonce, UnsafeRawBufferPointer(tag), plaintext, ciphertext)
        var written: Int32 = 0
        guard EVP_EncryptInit_ex2(context, algorithm, key.octets, nonce.octets, nil) == 1,
            feed(authenticated.0), feed(authenticated.1),
            plaintext.isEmpty
                || EVP_EncryptUpdate(context, ciphertext.octets, &written, plaintext.octets, Int32(plaintext.count))
                    == 1,
            Int(written) == plaintext.count,
            finish(EVP_EncryptFinal_ex),
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), tag.baseAddress) == 1
        else { throw .libraryFailure("AES-256-GCM encryption") }
    }

    /// Decrypts into `plaintext` of the same length, or throws `ciphertextRejected`; then the caller must wipe
    /// `plaintext`,
    /// which holds bytes that nobody vouches for.
    package func open(
        key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        authenticated: (UnsafeRawBufferPointer, UnsafeRawBufferPointer), ciphertext: UnsafeRawBufferPointer,
        tag: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        try check(key, nonce, tag, ciphertext, plaintext)
        var written: Int32 = 0
        let expected = UnsafeMutableRawPointer(mutating: tag.baseAddress)
        guard EVP_DecryptInit_ex2(context, algorithm, key.octets, nonce.octets, nil) == 1,
            feed(authenticated.0, decrypting: true), feed(authenticated.1, decrypting: true),
            ciphertext.isEmpty
                || EVP_DecryptUpdate(context, plaintext.octets, &written, ciphertext.octets, Int32(ciphertext.count))
                    == 1,
            Int(written) == ciphertext.count,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), expected) == 1,
            finish(EVP_DecryptFinal_ex)
        else { throw .ciphertextRejected }
    }

    /// Puts another key into the context without encrypting, so that the last one is no longer in memory.
    func rekey(_ key: UnsafeRawBufferPointer) throws(CryptoError) {
        guard key.count == Self.keySize, EVP_EncryptInit_ex2(context, algorithm, key.octets, nil, nil) == 1 else {
            throw .libraryFailure("AES-256-GCM key")
        }
    }

    private func check(
        _ key: UnsafeRawBufferPointer, _ nonce: UnsafeRawBufferPointer, _ tag: UnsafeRawBufferPointer,
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard key.count == Self.keySize, nonce.count == Self.nonceSize, tag.count == Self.tagSize,
            input.count == output.count, input.count <= 1 << 30
        else { throw .libraryFailure("AES-256-GCM lengths") }
    }

    private func feed(_ bytes: UnsafeRawBufferPointer, decrypting: Bool = false) -> Bool {
        guard bytes.count > 0 else { return true }
        var length: Int32 = 0
        guard bytes.count <= 1 << 30 else { return false }
        return
            (decrypting
            ? EVP_DecryptUpdate(context, nil, &length, bytes.octets, Int32(bytes.count))
            : EVP_EncryptUpdate(context, nil, &length, bytes.octets, Int32(bytes.count))) == 1
    }

    /// GCM writes nothing in its last step, but the call wants room for a block.
    private func finish(
        _ final: (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int32>?) -> Int32
    ) -> Bool {
        var block: (UInt64, UInt64) = (0, 0)
        var length: Int32 = 0
        return withUnsafeMutableBytes(of: &block) { final(context, $0.octets, &length) == 1 && length == 0 }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as the C library wants them.
    var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    /// The bytes as the C library wants them.
    var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
