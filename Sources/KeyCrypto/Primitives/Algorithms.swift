import COpenSSL

/// Algorithms fetched once from the configured OpenSSL provider; fetching costs more than using them.
enum Algorithms {
    static let aes256GCM = Fetched(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))
    static let sha256 = Fetched(EVP_MD_fetch(nil, "SHA2-256", nil))
    static let hmac = Fetched(EVP_MAC_fetch(nil, "HMAC", nil))
    static let scrypt = Fetched(EVP_KDF_fetch(nil, "SCRYPT", nil))
    static let kbkdf = Fetched(EVP_KDF_fetch(nil, "KBKDF", nil))

    /// A fetched algorithm, nil when the provider lacks it. Lives as long as the process.
    final class Fetched: Sendable {
        // SAFETY: OpenSSL's fetched algorithm objects are immutable and may be used by any thread (OSSL_PROVIDER(7)).
        private nonisolated(unsafe) let pointer: OpaquePointer?

        init(_ pointer: OpaquePointer?) { self.pointer = pointer }

        func handle(_ name: String) throws(CryptoError) -> OpaquePointer {
            guard let pointer else { throw .libraryFailure(name + " is missing") }
            return pointer
        }
    }
}
