import COpenSSL

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) with a context that is used again and again. One thread only.
package final class HMACSHA256 {
    package static let size = 32
    private let context: OpaquePointer

    package init() throws(CryptoError) {
        let algorithm = try Algorithms.hmac.handle("HMAC")
        guard let context = EVP_MAC_CTX_new(algorithm) else { throw .libraryFailure("EVP_MAC_CTX_new") }
        self.context = context
        guard claviger_hmac_use_sha256(context) == 1 else {
            EVP_MAC_CTX_free(context)
            throw .libraryFailure("HMAC-SHA-256")
        }
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Begins a new code under `key`, which must not be empty.
    package func start(key: UnsafeRawBufferPointer) throws(CryptoError) {
        guard key.count > 0,
            EVP_MAC_init(context, key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, nil) == 1
        else { throw .libraryFailure("HMAC key") }
    }

    /// Begins a new code under the key of the last `start`.
    package func restart() throws(CryptoError) {
        guard EVP_MAC_init(context, nil, 0, nil) == 1 else { throw .libraryFailure("HMAC restart") }
    }

    /// Adds bytes to the message.
    package func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        guard EVP_MAC_update(context, base.assumingMemoryBound(to: UInt8.self), bytes.count) == 1 else {
            throw .libraryFailure("HMAC update")
        }
    }

    /// Writes the 32 bytes of the code.
    package func finish(into output: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        var written = 0
        let base = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard output.count == Self.size, EVP_MAC_final(context, base, &written, output.count) == 1,
            written == Self.size
        else { throw .libraryFailure("HMAC final") }
    }
}
