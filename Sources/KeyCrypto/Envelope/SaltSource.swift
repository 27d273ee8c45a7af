import Synchronization

/// Salts that are random when the generator is sound, and still differ per message if it repeats itself (a restored
/// virtual
/// machine): HMAC(process key, random || incarnation || instance || counter || digest of the message). One thread only.
final class SaltSource {
    private static let instances = Atomic<UInt32>(0)

    private let random: any RandomSource
    private let incarnation: UInt32
    private let instance: UInt32
    private let mac: HMACSHA256
    private var processKey: SecretBytes
    private var counter: UInt64 = 0

    init(incarnation: UInt32, random: any RandomSource) throws(CryptoError) {
        self.random = random
        self.incarnation = incarnation
        instance = Self.instances.add(1, ordering: .relaxed).newValue
        mac = try HMACSHA256()
        processKey = try random.secret(HMACSHA256.size)
    }

    /// Writes a 32-byte salt for the message with this digest. Throws `randomUnavailable` rather than reuse anything.
    func write(
        digest: UnsafeRawBufferPointer, into salt: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        if isErased { processKey = try random.secret(HMACSHA256.size) }
        counter &+= 1
        let numbers = (incarnation.bigEndian, instance.bigEndian, counter.bigEndian)
        try random.fill(salt)
        try processKey.withUnsafeBytes { (key) throws(CryptoError) in try mac.start(key: key) }
        try mac.update(UnsafeRawBufferPointer(salt))
        try withUnsafeBytes(of: numbers) { (bytes) throws(CryptoError) in try mac.update(bytes) }
        try mac.update(digest)
        try mac.finish(into: salt)
    }

    /// The kernel wipes the process key in a forked child, which must then draw its own.
    private var isErased: Bool {
        processKey.withUnsafeBytes { $0.allSatisfy { $0 == 0 } }
    }
}
