import COpenSSL

/// Where keys and salts come from. A source that cannot answer throws; nothing falls back to a weaker one.
package protocol RandomSource: Sendable {
    /// Fills the buffer with unpredictable bytes, or throws `randomUnavailable`.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError)
}

/// The generator of libcrypto (NIST SP 800-90A CTR_DRBG, seeded by the operating system).
package struct SystemRandom: RandomSource {
    package init() {}

    package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return }
        guard buffer.count <= Int(Int32.max),
            RAND_bytes(base.assumingMemoryBound(to: UInt8.self), Int32(buffer.count)) == 1
        else { throw .randomUnavailable }
    }
}

extension RandomSource {
    /// A new secret of `count` random bytes.
    package func secret(_ count: Int) throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: count) { (buffer) throws(CryptoError) in try fill(buffer) }
    }

    /// Random bytes that are not secret, such as a salt.
    func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { (buffer, initialized) throws(CryptoError) in
            try fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
