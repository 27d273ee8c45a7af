import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Carries an epoch key from one holder to another: HPKE in base mode (RFC 9180) with X-Wing, bound to who sends, who
/// receives
/// and for which epoch. Both sides build the same value; a difference in any field makes the message unreadable.
package struct EpochDelivery: Sendable, Hashable {
    package var cluster: [UInt8]
    package var placement: String
    package var epoch: UInt32
    package var sender: UInt64
    package var receiver: UInt64
    /// The receiver's X-Wing public key, as the directory has it.
    package var receiverPublicKey: [UInt8]
    /// Fingerprints of the certificates of the connection, as opaque bytes.
    package var senderCertificate: [UInt8]
    package var receiverCertificate: [UInt8]

    package init(
        cluster: [UInt8], placement: String, epoch: UInt32, sender: UInt64, receiver: UInt64,
        receiverPublicKey: [UInt8], senderCertificate: [UInt8], receiverCertificate: [UInt8]
    ) {
        self.cluster = cluster
        self.placement = placement
        self.epoch = epoch
        self.sender = sender
        self.receiver = receiver
        self.receiverPublicKey = receiverPublicKey
        self.senderCertificate = senderCertificate
        self.receiverCertificate = receiverCertificate
    }

    static let ciphersuite = HPKE.Ciphersuite.XWingMLKEM768X25519_SHA256_AES_GCM_256
    private static let magic: [UInt8] = Array("CLVD".utf8)
    private static let format: UInt8 = 1
    /// IANA HPKE KEM identifier of X-Wing.
    private static let kem: UInt16 = 0x647A
    private static let encapsulatedSize = 1120

    /// Encrypts the epoch key to the receiver. Layout: `docs/formats.md`.
    package func seal(_ epochKey: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        guard receiverPublicKey.count == NodeKeys.publicKeySize else { throw .invalidInput("receiver public key") }
        let check = try EpochCheck.value(of: epochKey, cluster: cluster, placement: placement, epoch: epoch)
        let header = Self.header(check)
        let info = try info()
        do {
            var sender = try HPKE.Sender(
                recipientKey: XWingMLKEM768X25519.PublicKey(rawRepresentation: receiverPublicKey),
                ciphersuite: Self.ciphersuite, info: Data(info))
            let ciphertext = try epochKey.withUnsafeBytes { key in
                try sender.seal(key.bindMemory(to: UInt8.self), authenticating: header)
            }
            return header + [UInt8](sender.encapsulatedKey) + [UInt8](ciphertext)
        } catch {
            throw .libraryFailure("HPKE")
        }
    }

    /// Decrypts a delivery to this node and proves that the key is the one its check value names. Every failure is
    /// `deliveryRejected`.
    package func open(_ message: [UInt8], keys: NodeKeys) throws(CryptoError) -> SecretBytes {
        guard keys.publicKey == receiverPublicKey, let parts = Self.parse(message) else { throw .deliveryRejected }
        let key = try keys.open(
            encapsulated: parts.encapsulated, ciphertext: parts.ciphertext, info: try info(),
            associatedData: Self.header(parts.check))
        guard key.count == KeyHierarchy.keySize else { throw .deliveryRejected }
        let check = try EpochCheck.value(of: key, cluster: cluster, placement: placement, epoch: epoch)
        guard ConstantTime.equals(check, parts.check) else { throw .deliveryRejected }
        return key
    }

    private static func header(_ check: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 23)
        writer.raw(magic)
        writer.u8(format)
        writer.u16(kem)
        writer.raw(check)
        return writer.bytes
    }

    private static func parse(_ message: [UInt8]) -> (check: [UInt8], encapsulated: [UInt8], ciphertext: [UInt8])? {
        message.withRawBytes { bytes in
            var reader = ByteReader(bytes)
            guard reader.expect(magic), reader.u8() == format, reader.u16() == kem,
                let check = reader.array(KeyHierarchy.checkValueSize),
                let encapsulated = reader.array(encapsulatedSize),
                let ciphertext = reader.array(KeyHierarchy.keySize + AES256GCM.tagSize), reader.isAtEnd
            else { return nil }
            return (check, encapsulated, ciphertext)
        }
    }

    /// HPKE's `info`: a label and every field of this value, the public key as its SHA-256.
    private func info() throws(CryptoError) -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        try writer.field("claviger/epoch delivery/1".utf8)
        try writer.field(cluster)
        try writer.field(placement.utf8)
        writer.u32(epoch)
        writer.u64(sender)
        writer.u64(receiver)
        try writer.field(SHA256Digest.hash(receiverPublicKey))
        try writer.field(senderCertificate)
        try writer.field(receiverCertificate)
        return writer.bytes
    }
}
