/// The caller's named strings that a ciphertext is bound to. Sorted by the bytes of the key; keys compare as bytes, so
/// two
/// spellings that Unicode calls equal are two keys.
package struct EncryptionContext: Sendable, Hashable {
    /// At most 32 pairs, keys of 1 to 256 bytes, values up to 1024 bytes, 8 KiB together.
    package static let pairLimit = 32
    package static let keyLimit = 256
    package static let valueLimit = 1024
    package static let byteLimit = 8192

    /// The canonical bytes: a 16-bit count, then each key and value as length-prefixed fields.
    let encoded: [UInt8]

    /// No context. Not the same as a context with one empty value.
    package static let none = EncryptionContext(encoded: [0, 0])

    private init(encoded: [UInt8]) { self.encoded = encoded }

    /// Refuses duplicate or empty keys and anything over the limits with `invalidInput`.
    package init(_ pairs: [(key: String, value: String)]) throws(CryptoError) {
        guard pairs.count <= Self.pairLimit else { throw .invalidInput("encryption context: too many pairs") }
        var rows: [(key: [UInt8], value: [UInt8])] = []
        var total = 0
        for pair in pairs {
            let row = (key: [UInt8](pair.key.utf8), value: [UInt8](pair.value.utf8))
            guard (1...Self.keyLimit).contains(row.key.count), row.value.count <= Self.valueLimit else {
                throw .invalidInput("encryption context: length of a key or value")
            }
            total += row.key.count + row.value.count
            rows.append(row)
        }
        guard total <= Self.byteLimit else { throw .invalidInput("encryption context: too long") }
        rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (row, next) in zip(rows, rows.dropFirst()) where row.key == next.key {
            throw .invalidInput("encryption context: a key appears twice")
        }
        var writer = ByteWriter(capacity: total + 4 * rows.count + 2)
        writer.u16(UInt16(rows.count))
        for row in rows {
            try writer.field(row.key)
            try writer.field(row.value)
        }
        encoded = writer.bytes
    }
}
