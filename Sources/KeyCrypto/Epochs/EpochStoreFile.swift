import CPlatform

/// One copy of the epoch store on disk: a header that says whose it is, the sealed keys, and a checksum over both.
/// Layout: `docs/formats.md`.
package struct EpochStoreFile {
    static let entryLimit = 8192
    static let sizeLimit = 4 << 20
    private static let magic: [UInt8] = Array("CLVE".utf8)
    private static let format: UInt8 = 1
    private static let sealLabel = "claviger/epoch store/1"

    let cluster: [UInt8]
    let replica: UInt64
    let generation: UInt64

    package init(cluster: [UInt8], replica: UInt64, generation: UInt64) {
        self.cluster = cluster
        self.replica = replica
        self.generation = generation
    }

    /// The bytes of a copy.
    package func encode(_ entries: [EpochID: StoredEpoch], seal: any Seal) throws(CryptoError) -> [UInt8] {
        guard entries.count <= Self.entryLimit else { throw .invalidInput("number of epoch keys") }
        let header = try header()
        let sealed = try seal.seal(try Self.pack(entries, header: header), label: Self.sealLabel)
        var writer = ByteWriter(capacity: header.count + sealed.count + 8)
        writer.raw(header)
        writer.u32(UInt32(sealed.count))
        writer.raw(sealed)
        writer.u32(Self.checksum(writer.bytes))
        return writer.bytes
    }

    /// Reads a copy. Throws `storeDamaged` for damage and `storeForeign` when it belongs to another cluster or replica;
    /// `sealRejected` when the seal does not open it.
    package static func decode(
        _ bytes: [UInt8], cluster: [UInt8], replica: UInt64, path: String, seal: any Seal
    ) throws(CryptoError) -> (file: EpochStoreFile, entries: [EpochID: StoredEpoch]) {
        let parsed: (file: EpochStoreFile, sealed: [UInt8])? = bytes.withRawBytes { raw in
            var reader = ByteReader(raw)
            guard reader.expect(magic), reader.u8() == format, let cluster = reader.field(), let replica = reader.u64(),
                let generation = reader.u64(), let count = reader.u32(), let sealed = reader.array(Int(count))
            else { return nil }
            let body = reader.offset
            guard let sum = reader.u32(), reader.isAtEnd, sum == checksum([UInt8](raw[..<body])) else { return nil }
            return (EpochStoreFile(cluster: cluster, replica: replica, generation: generation), sealed)
        }
        guard let (file, sealed) = parsed else { throw .storeDamaged("\(path): bad structure or checksum") }
        guard file.cluster == cluster, file.replica == replica else {
            throw .storeForeign("\(path) belongs to another cluster, node or incarnation")
        }
        let plaintext = try seal.unseal(sealed, label: sealLabel)
        return (file, try unpack(plaintext, header: try file.header(), cluster: cluster, path: path))
    }

    private func header() throws(CryptoError) -> [UInt8] {
        var writer = ByteWriter(capacity: 96)
        writer.raw(Self.magic)
        writer.u8(Self.format)
        try writer.field(cluster)
        writer.u64(replica)
        writer.u64(generation)
        return writer.bytes
    }

    /// The sealed part: hash of the header, number of entries, then the entries in order.
    private static func pack(
        _ entries: [EpochID: StoredEpoch], header: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        let rows = entries.sorted { $0.key < $1.key }
        let count = 36 + rows.reduce(0) { $0 + entryOverhead + $1.key.placement.utf8.count }
        let hash = try SHA256Digest.hash(header)
        return try SecretBytes(count: count) { (output) throws(CryptoError) in
            var offset = 0
            func put(_ bytes: UnsafeRawBufferPointer) {
                UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + bytes.count]).copyMemory(from: bytes)
                offset += bytes.count
            }
            hash.withRawBytes(put)
            withUnsafeBytes(of: UInt32(rows.count).bigEndian, put)
            for (id, stored) in rows {
                Array(id.placement.utf8).withRawBytes { name in
                    withUnsafeBytes(of: UInt8(truncatingIfNeeded: name.count), put)
                    put(name)
                }
                withUnsafeBytes(of: id.epoch.bigEndian, put)
                stored.key.withUnsafeBytes(put)
                stored.checkValue.withRawBytes(put)
            }
        }
    }

    private static let entryOverhead = 1 + 4 + KeyHierarchy.keySize + KeyHierarchy.checkValueSize

    private static func unpack(
        _ plaintext: borrowing SecretBytes, header: [UInt8], cluster: [UInt8], path: String
    ) throws(CryptoError) -> [EpochID: StoredEpoch] {
        let hash = try SHA256Digest.hash(header)
        return try plaintext.withUnsafeBytes { (bytes) throws(CryptoError) in
            var reader = ByteReader(bytes)
            guard reader.expect(hash), let count = reader.u32(), count <= entryLimit else {
                throw .storeDamaged("\(path): the sealed keys belong to another header")
            }
            var entries: [EpochID: StoredEpoch] = [:]
            for _ in 0..<count {
                guard let length = reader.u8(), let name = reader.array(Int(length)), PlacementName.isValid(name),
                    let epoch = reader.u32(), let key = reader.raw(KeyHierarchy.keySize),
                    let check = reader.array(KeyHierarchy.checkValueSize)
                else { throw .storeDamaged("\(path): bad entry") }
                let id = EpochID(placement: String(decoding: name, as: UTF8.self), epoch: epoch)
                let secret = SharedSecret(try SecretBytes(copying: key))
                let expected = try EpochCheck.value(
                    of: secret.bytes, cluster: cluster, placement: id.placement, epoch: epoch)
                guard ConstantTime.equals(expected, check),
                    entries.updateValue(StoredEpoch(key: secret, checkValue: check), forKey: id) == nil
                else { throw .storeDamaged("\(path): an epoch key does not fit its check value") }
            }
            guard reader.isAtEnd else { throw .storeDamaged("\(path): bytes after the last entry") }
            return entries
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withRawBytes { claviger_crc32c(0, $0.baseAddress, $0.count) }
    }
}
