import Glibc
import KeyCrypto
import Raft

/// Randomness that is none: the same bytes at every call, so that seeds are the same in every process.
struct FixedRandom: RandomSource {
    var seed: UInt64

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CryptoError) {
        var source = Randomness(seed: seed)
        for place in buffer.indices { buffer[place] = UInt8(truncatingIfNeeded: source.next()) }
    }
}

/// Keys that everybody knows, and what was sealed under them.
struct CryptoSamples {
    static let cluster = [UInt8](repeating: 7, count: 16)
    static let keyID = (0..<16).map { UInt8(0xA0 + $0) }
    static let secret = (0..<32).map { UInt8(0x40 + $0) }
    static let scope = WrapScope.keyVersion(
        placement: "eu", tenant: "acme", keyID: keyID, version: 3, tenantKey: 2)
    static let tenantScope = WrapScope.tenantKey(placement: "eu", tenant: "acme", tenantKey: 2, epoch: 1)
    static let sealLabel = "claviger/fuzz/1"
    static let replica: UInt64 = 0x1_0001
    static let plaintext = Array("a message".utf8)

    let hierarchy: KeyHierarchy
    let wrappingKey: SharedSecret
    let versionKey: SharedSecret
    let seal: DevFileSeal
    let keys: NodeKeys
    let associatedData: AssociatedData

    /// Made once: the seal and the node's keys want files, which are gone again when this returns.
    static let shared: Result<CryptoSamples, any Error> = Result { try CryptoSamples() }

    private init() throws {
        hierarchy = try KeyHierarchy(cluster: Self.cluster, random: FixedRandom(seed: 1))
        wrappingKey = try Self.key(2)
        versionKey = try Self.key(3)
        associatedData = try AssociatedData(
            cluster: Self.cluster, placement: "eu", tenant: "acme", keyID: Self.keyID, version: 3,
            context: EncryptionContext([(key: "purpose", value: "backup")]))
        var template = Array("/tmp/claviger-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CryptoError.fileFailure(operation: "mkdtemp", path: "/tmp", errno: errno)
        }
        let directory = template.withUnsafeBytes { String(decoding: $0.dropLast(), as: UTF8.self) }
        defer {
            for file in ["seal", NodeKeys.fileName] { unlink("\(directory)/\(file)") }
            rmdir(directory)
        }
        seal = try DevFileSeal(path: directory + "/seal", isProduction: false, random: FixedRandom(seed: 4))
        keys = try NodeKeys(directory: directory, seal: seal, random: FixedRandom(seed: 5))
    }

    private static func key(_ seed: UInt64) throws -> SharedSecret {
        SharedSecret(try FixedRandom(seed: seed).secret(KeyHierarchy.keySize))
    }

    static func secretBytes() throws(CryptoError) -> SecretBytes {
        var copy = secret
        return try SecretBytes(wiping: &copy)
    }

    /// A cipher of its own for each use: it is not thread-safe.
    static func cipher() throws -> MessageCipher { try MessageCipher(incarnation: 1, random: FixedRandom(seed: 6)) }

    var delivery: EpochDelivery {
        EpochDelivery(
            cluster: Self.cluster, placement: "eu", epoch: 1, sender: 0x2_0001, receiver: Self.replica,
            receiverPublicKey: keys.publicKey, senderCertificate: [1], receiverCertificate: [2])
    }
}
