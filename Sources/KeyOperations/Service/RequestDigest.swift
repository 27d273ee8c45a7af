import KeyCrypto
import KeyModel

/// Names what a caller asked, so that an idempotency key is not used for two different requests.
enum RequestDigest {
    static func make(_ bytes: some Sequence<UInt8>) throws(KMSError) -> [UInt8] {
        do {
            return try SHA256Digest.hash(Array(bytes))
        } catch {
            throw KMSError(.internalError, "the cryptographic library failed", cause: error)
        }
    }
}
