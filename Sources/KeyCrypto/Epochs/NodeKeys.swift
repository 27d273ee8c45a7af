import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The key pair by which this node receives epoch keys: X-Wing (ML-KEM-768 with X25519), HPKE KEM id 0x647A. Kept
/// sealed in
/// one file; the seed lives in locked memory and is expanded for each use.
package final class NodeKeys: Sendable {
    /// Inside the directory given to `init`.
    package static let fileName = "node-key.sealed"
    /// Length of a public key in bytes.
    package static let publicKeySize = 1216

    private static let label = "claviger/node key/1"
    private static let seedSize = 32

    private let seed: SecretBytes
    /// To be certified by the cluster's directory.
    package let publicKey: [UInt8]

    /// Loads the pair, or makes and stores one when there is no file. Throws `sealRejected` for damage or a wrong seal.
    package init(
        directory: String, seal: any Seal, random: any RandomSource = SystemRandom()
    ) throws(CryptoError) {
        let path = directory + "/" + Self.fileName
        let limit = 1024 + SecretBox.overhead
        if let record = try SecretFile.read(path, limit: limit) {
            let content = try seal.unseal(record, label: Self.label)
            guard content.count == Self.seedSize + 32 else { throw .sealRejected }
            seed = try content.withUnsafeBytes { (bytes) throws(CryptoError) in
                try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[..<Self.seedSize]))
            }
            publicKey = try Self.publicKey(of: seed)
            let hash = try SHA256Digest.hash(publicKey)
            let expected = content.withUnsafeBytes { $0[Self.seedSize...].elementsEqual(hash) }
            guard expected else { throw .sealRejected }
        } else {
            seed = try random.secret(Self.seedSize)
            publicKey = try Self.publicKey(of: seed)
            let hash = try SHA256Digest.hash(publicKey)
            let content = try Self.join(seed, hash)
            let record = try seal.seal(content, label: Self.label)
            try record.withRawBytes { (bytes) throws(CryptoError) in try SecretFile.replace(path, with: bytes) }
        }
    }

    /// Opens an HPKE message to this node (RFC 9180, base mode), or throws `deliveryRejected`.
    func open(
        encapsulated: [UInt8], ciphertext: [UInt8], info: [UInt8], associatedData: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        do {
            var recipient = try HPKE.Recipient(
                privateKey: Self.privateKey(seed), ciphersuite: EpochDelivery.ciphersuite, info: Data(info),
                encapsulatedKey: Data(encapsulated))
            var opened = try recipient.open(ciphertext, authenticating: associatedData)
            defer { opened.resetBytes(in: opened.startIndex..<opened.endIndex) }
            return try SecretBytes(count: opened.count) { $0.copyBytes(from: opened) }
        } catch {
            throw .deliveryRejected
        }
    }

    private static func privateKey(_ seed: borrowing SecretBytes) throws -> XWingMLKEM768X25519.PrivateKey {
        try seed.withUnsafeBytes { bytes in
            try XWingMLKEM768X25519.PrivateKey(
                seedRepresentation: bytes.bindMemory(to: UInt8.self), publicKey: nil)
        }
    }

    private static func publicKey(of seed: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        do {
            return try [UInt8](privateKey(seed).publicKey.rawRepresentation)
        } catch {
            throw .libraryFailure("X-Wing key pair")
        }
    }

    private static func join(_ seed: borrowing SecretBytes, _ hash: [UInt8]) throws(CryptoError) -> SecretBytes {
        try seed.withUnsafeBytes { (seed) throws(CryptoError) in
            try SecretBytes(count: seed.count + hash.count) { (output) throws(CryptoError) in
                UnsafeMutableRawBufferPointer(rebasing: output[..<seed.count]).copyMemory(from: seed)
                UnsafeMutableRawBufferPointer(rebasing: output[seed.count...]).copyBytes(from: hash)
            }
        }
    }
}

extension NodeKeys: CustomStringConvertible, CustomReflectable {
    package var description: String { "NodeKeys(redacted)" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
