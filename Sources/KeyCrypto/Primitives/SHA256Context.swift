import COpenSSL

/// SHA-256 (FIPS 180-4) with a context that is used again and again. One thread only.
final class SHA256Context {
    static let size = 32
    private let context: OpaquePointer
    private let algorithm: OpaquePointer

    init() throws(CryptoError) {
        algorithm = try Algorithms.sha256.handle("SHA-256")
        guard let context = EVP_MD_CTX_new() else { throw .libraryFailure("EVP_MD_CTX_new") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Writes the hash of both parts, one after the other, into 32 bytes.
    func hash(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard output.count == Self.size else { throw .libraryFailure("SHA-256 output") }
        guard EVP_DigestInit_ex2(context, algorithm, nil) == 1,
            EVP_DigestUpdate(context, first.baseAddress, first.count) == 1,
            second.isEmpty || EVP_DigestUpdate(context, second.baseAddress, second.count) == 1,
            EVP_DigestFinal_ex(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1
        else { throw .libraryFailure("SHA-256") }
    }
}

/// SHA-256 of public bytes, off the hot path.
package enum SHA256Digest {
    package static func hash(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        let context = try SHA256Context()
        return try [UInt8](unsafeUninitializedCapacity: SHA256Context.size) {
            (buffer, initialized) throws(CryptoError) in
            try bytes.withRawBytes { (bytes) throws(CryptoError) in
                try context.hash(bytes, into: UnsafeMutableRawBufferPointer(buffer))
            }
            initialized = SHA256Context.size
        }
    }
}
