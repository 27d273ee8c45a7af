/// The bytes around every sealed secret: magic, format, kind of seal, the seal's own parameters, then a `SecretBox`.
struct SealedRecord {
    enum Kind: UInt8 { case devFile = 1, passphrase = 2 }

    static let magic: [UInt8] = Array("CLVS".utf8)
    static let format: UInt8 = 1
    private static let parametersLimit = 256
    private static let label = "claviger/seal/1"

    let header: [UInt8]
    let parameters: [UInt8]
    let box: [UInt8]

    /// Takes a record apart, or throws `sealRejected`. Lengths are checked before anything is copied.
    init(parsing record: [UInt8], kind: Kind) throws(CryptoError) {
        guard record.count <= 512 + SecretBox.overhead + SecretBox.secretLimit else { throw .sealRejected }
        let parts: (header: Int, parameters: [UInt8])? = record.withRawBytes { bytes in
            var reader = ByteReader(bytes)
            guard reader.expect(Self.magic), reader.u8() == Self.format, reader.u8() == kind.rawValue,
                let count = reader.u16(), Int(count) <= Self.parametersLimit, let parameters = reader.array(Int(count))
            else { return nil }
            return (reader.offset, parameters)
        }
        guard let parts else { throw .sealRejected }
        header = [UInt8](record[..<parts.header])
        parameters = parts.parameters
        box = [UInt8](record[parts.header...])
    }

    static func make(
        _ secret: borrowing SecretBytes, kind: Kind, parameters: [UInt8], key: borrowing SecretBytes, label: String,
        random: any RandomSource
    ) throws(CryptoError) -> [UInt8] {
        var header = ByteWriter()
        header.raw(magic)
        header.u8(format)
        header.u8(kind.rawValue)
        try header.field(parameters)
        let box = try SecretBox.seal(
            secret, key: key, label: Self.label, associatedData: authenticated(header.bytes, label), random: random)
        return header.bytes + box
    }

    func open(key: borrowing SecretBytes, label: String) throws(CryptoError) -> SecretBytes {
        let authenticated = try Self.authenticated(header, label)
        do throws(CryptoError) {
            return try box.withRawBytes { (box) throws(CryptoError) in
                try SecretBox.open(box, key: key, label: Self.label, associatedData: authenticated)
            }
        } catch {
            throw error == .ciphertextRejected ? .sealRejected : error
        }
    }

    private static func authenticated(_ header: [UInt8], _ label: String) throws(CryptoError) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(header)
        try writer.field(label.utf8)
        return writer.bytes
    }
}
