import CPlatform
import Crypto
package import Raft

/// An entry as the `log` family keeps it.
///
///     key     group u64 · index u64
///     value   crc32c u32 · term u64 · kind u8 · hash of the entry before 16 · length u32 · payload
///
/// The checksum covers the key and everything behind itself. The hash of an entry is the first 16 bytes of SHA-256 over
/// key and value, so that an entry cannot be lost, moved or swapped without the next one telling.
package enum LogRecord {
    package static let keySize = 16
    static let headerSize = 33
    package static let hashSize = 16

    /// Writes key and value behind each other into `bytes`.
    package static func encode(_ entry: LogEntry, group: GroupID, previous: [UInt8], into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(bigEndian: group.rawValue)
        bytes.append(bigEndian: entry.index.rawValue)
        bytes.append(bigEndian: UInt32(0))
        bytes.append(bigEndian: entry.term.rawValue)
        bytes.append(entry.kind.rawValue)
        bytes += previous
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: entry.payload.count))
        bytes += entry.payload
        bytes.withUnsafeMutableBytes { raw in
            let key = UnsafeRawBufferPointer(rebasing: raw[..<keySize])
            let rest = UnsafeRawBufferPointer(rebasing: raw[(keySize + 4)...])
            raw.storeBytes(of: crc(key, rest).bigEndian, toByteOffset: keySize, as: UInt32.self)
        }
    }

    /// An entry and the hash of the one before it.
    package struct Decoded {
        package var entry: LogEntry
        package var previous: [UInt8]
    }

    /// Nil when the bytes are not the entry of this key.
    package static func decode(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Decoded? {
        guard key.count == keySize, value.count >= headerSize else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: value[4...])
        guard value.bigEndian(at: 0, as: UInt32.self) == crc(key, rest),
            let kind = EntryKind(rawValue: value[12]),
            Int(value.bigEndian(at: 29, as: UInt32.self)) == value.count - headerSize
        else { return nil }
        let entry = LogEntry(
            term: Term(value.bigEndian(at: 4, as: UInt64.self)), index: LogIndex(key.bigEndian(at: 8, as: UInt64.self)),
            kind: kind, payload: [UInt8](value[headerSize...]))
        return Decoded(entry: entry, previous: [UInt8](value[13..<29]))
    }

    /// The hash of the entry whose key and value are given.
    static func hash(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> [UInt8] {
        var function = SHA256()
        function.update(bufferPointer: key)
        function.update(bufferPointer: value)
        return function.finalize().withUnsafeBytes { [UInt8]($0[..<hashSize]) }
    }

    /// What stands for the hash of the entry before the first one of a log that begins after a snapshot.
    static func hash(ofSnapshotAt position: LogPosition, group: GroupID) -> [UInt8] {
        let key = RocksKeys.log(group, position.index.rawValue)
        let value = position.encoded
        return key.withUnsafeBytes { key in value.withUnsafeBytes { hash(key: key, value: $0) } }
    }

    private static func crc(_ key: UnsafeRawBufferPointer, _ rest: UnsafeRawBufferPointer) -> UInt32 {
        claviger_crc32c(claviger_crc32c(0, key.baseAddress, key.count), rest.baseAddress, rest.count)
    }
}
