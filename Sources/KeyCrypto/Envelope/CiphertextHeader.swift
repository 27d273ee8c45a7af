/// The readable head of a ciphertext: which placement can open it, and with which key version. All of it is bound.
package struct CiphertextHeader: Sendable, Hashable {
    package static let magic: [UInt8] = Array("CLVG".utf8)
    package static let format: UInt8 = 1
    /// SP 800-108 derivation, AES-256-GCM, 32-byte commitment.
    package static let suite: UInt8 = 1
    package static let keyIDSize = 16
    package static let saltSize = 32
    package static let commitmentSize = 32

    package let placement: String
    package let keyID: [UInt8]
    package let version: UInt32
    package let salt: [UInt8]
    package let commitment: [UInt8]

    /// Reads the header of a whole ciphertext strictly: known format and suite, no flags, valid name, sane total
    /// length.
    /// Every refusal is `ciphertextRejected`.
    package init(parsing ciphertext: UnsafeRawBufferPointer) throws(CryptoError) {
        guard let view = View(ciphertext) else { throw .ciphertextRejected }
        placement = String(decoding: view.placement, as: UTF8.self)
        keyID = [UInt8](view.keyID)
        version = view.version
        salt = [UInt8](view.salt)
        commitment = [UInt8](view.commitment)
    }

    /// As above, for an array.
    package init(parsing ciphertext: [UInt8]) throws(CryptoError) {
        self = try ciphertext.withRawBytes { (bytes) throws(CryptoError) in try CiphertextHeader(parsing: bytes) }
    }

    /// The bytes of the header.
    package var serialized: [UInt8] {
        Self.prefix(placement: placement, keyID: keyID, version: version) + salt + commitment
    }

    /// Magic, format, suite, flags, placement, key id, version. The name is at most 63 bytes.
    static func prefix(placement: String, keyID: [UInt8], version: UInt32) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.raw(magic)
        writer.u8(format)
        writer.u8(suite)
        writer.u8(0)
        writer.u8(UInt8(truncatingIfNeeded: placement.utf8.count))
        writer.raw(placement.utf8)
        writer.raw(keyID)
        writer.u32(version)
        return writer.bytes
    }

    /// A ciphertext taken apart without copying. Valid as long as the bytes it was made from.
    struct View {
        let header: UnsafeRawBufferPointer
        let prefix: UnsafeRawBufferPointer
        let placement: UnsafeRawBufferPointer
        let keyID: UnsafeRawBufferPointer
        let version: UInt32
        let salt: UnsafeRawBufferPointer
        let commitment: UnsafeRawBufferPointer
        let body: UnsafeRawBufferPointer
        let tag: UnsafeRawBufferPointer

        init?(_ bytes: UnsafeRawBufferPointer) {
            var reader = ByteReader(bytes)
            guard reader.expect(CiphertextHeader.magic), reader.u8() == CiphertextHeader.format,
                reader.u8() == CiphertextHeader.suite, reader.u8() == 0, let count = reader.u8(),
                let placement = reader.raw(Int(count)), PlacementName.isValid(placement),
                let keyID = reader.raw(CiphertextHeader.keyIDSize), let version = reader.u32()
            else { return nil }
            let prefixCount = reader.offset
            guard let salt = reader.raw(CiphertextHeader.saltSize),
                let commitment = reader.raw(CiphertextHeader.commitmentSize)
            else { return nil }
            let headerCount = reader.offset
            let bodyCount = reader.remaining - AES256GCM.tagSize
            guard (1...MessageCipher.plaintextLimit).contains(bodyCount), let body = reader.raw(bodyCount),
                let tag = reader.raw(AES256GCM.tagSize)
            else { return nil }
            header = UnsafeRawBufferPointer(rebasing: bytes[..<headerCount])
            prefix = UnsafeRawBufferPointer(rebasing: bytes[..<prefixCount])
            self.placement = placement
            self.keyID = keyID
            self.version = version
            self.salt = salt
            self.commitment = commitment
            self.body = body
            self.tag = tag
        }
    }
}
