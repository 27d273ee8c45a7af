import CPlatform
import Crypto
import Raft

/// The byte stream of a snapshot: rows in key order, each as key length (u32), value length (u32), key, value, cut into
/// chunks of 512 KiB without regard to rows. The last chunk may be shorter; a table without rows is one empty chunk.
enum SnapshotStream {
    static let chunkSize = 512 * 1024
    static let rowHeader = 8
    /// Longer keys and values are refused by the receiver before it allocates for them.
    static let largestField = 16 * 1024 * 1024

    static func chunkCount(totalBytes: UInt64) -> UInt64 {
        totalBytes == 0 ? 1 : (totalBytes - 1) / UInt64(chunkSize) + 1
    }

    /// The size the chunk must have.
    static func size(ofChunk sequence: UInt64, totalBytes: UInt64) -> Int {
        let last = chunkCount(totalBytes: totalBytes) - 1
        return sequence < last ? chunkSize : Int(clamping: totalBytes - last * UInt64(chunkSize))
    }

    static func appendHeader(keyCount: Int, valueCount: Int, to bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: keyCount))
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: valueCount))
    }

    static func crc(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { claviger_crc32c(0, $0.baseAddress, $0.count) }
    }

    static func chunk(_ sequence: UInt64, bytes: [UInt8], totalBytes: UInt64) -> SnapshotChunk {
        SnapshotChunk(
            sequence: sequence, isLast: sequence + 1 == chunkCount(totalBytes: totalBytes), bytes: bytes,
            crc: crc(bytes))
    }

    /// Names an image by what is in it, so that a transfer can go on from another sender that holds the same one.
    static func describe(
        _ metadata: SnapshotMetadata, group: GroupID, totalBytes: UInt64, totalRows: UInt64, checksum: [UInt8]
    ) -> SnapshotDescriptor {
        var name = checksum
        name.append(bigEndian: group.rawValue)
        name += metadata.position.encoded
        name += metadata.membership.encoded
        var function = SHA256()
        name.withUnsafeBytes { function.update(bufferPointer: $0) }
        let identifier = Array(Array(function.finalize()).prefix(16))
        return SnapshotDescriptor(
            metadata: metadata, identifier: identifier, totalBytes: totalBytes, totalRows: totalRows, checksum: checksum
        )
    }

    /// Refuses a descriptor that no sender of ours makes.
    static func check(_ descriptor: SnapshotDescriptor) throws(StorageError) {
        guard descriptor.identifier.count == 16, descriptor.checksum.count == 32 else {
            throw .snapshotRejected("an identifier has 16 bytes and a checksum 32")
        }
        guard descriptor.metadata.position.index > .zero else {
            throw .snapshotRejected("its position is before the log")
        }
        guard descriptor.totalRows <= descriptor.totalBytes / UInt64(rowHeader) else {
            throw .snapshotRejected("it announces more rows than fit into its bytes")
        }
    }

    /// Whether the chunk is the one expected. False for one that is here already; throws when it cannot belong to the
    /// image.
    static func expects(
        _ chunk: SnapshotChunk, next: UInt64, of descriptor: SnapshotDescriptor
    ) throws(StorageError) -> Bool {
        let total = descriptor.totalBytes
        let count = chunkCount(totalBytes: total)
        guard chunk.sequence < count else { throw .snapshotRejected("chunk \(chunk.sequence) is beyond the end") }
        if chunk.sequence < next { return false }
        guard chunk.sequence == next else {
            throw .snapshotRejected("chunk \(chunk.sequence) came before chunk \(next)")
        }
        guard chunk.bytes.count == size(ofChunk: next, totalBytes: total), chunk.isLast == (next + 1 == count) else {
            throw .snapshotRejected("chunk \(chunk.sequence) has the wrong size")
        }
        guard crc(chunk.bytes) == chunk.crc else {
            throw .snapshotRejected("chunk \(chunk.sequence) fails its checksum")
        }
        return true
    }
}

/// Takes the stream's bytes in any cut and gives the rows, checking framing and order.
package struct SnapshotRowParser {
    private var pending: [UInt8] = []
    private var previous: [UInt8]?
    package private(set) var rows: UInt64 = 0
    package private(set) var digest = RowDigest()

    package init() {}

    /// Rows completed by these bytes.
    package mutating func feed(_ bytes: [UInt8]) throws(StorageError) -> [TableRow] {
        pending += bytes
        var found: [TableRow] = []
        var offset = 0
        while pending.count - offset >= SnapshotStream.rowHeader {
            let (keyCount, valueCount) = pending.withUnsafeBytes {
                (Int($0.bigEndian(at: offset, as: UInt32.self)), Int($0.bigEndian(at: offset + 4, as: UInt32.self)))
            }
            guard keyCount <= SnapshotStream.largestField, valueCount <= SnapshotStream.largestField else {
                throw .snapshotRejected("a row is too long")
            }
            let start = offset + SnapshotStream.rowHeader
            guard pending.count - start >= keyCount + valueCount else { break }
            let key = Array(pending[start..<start + keyCount])
            let value = Array(pending[start + keyCount..<start + keyCount + valueCount])
            if let previous, !bytesPrecede(previous, key) { throw .snapshotRejected("its rows are not in order") }
            previous = key
            digest.add(key: key, value: value)
            rows += 1
            found.append(TableRow(key: key, value: value))
            offset = start + keyCount + valueCount
        }
        pending.removeFirst(offset)
        return found
    }

    /// After the last bytes: nothing is left over, and all announced rows came.
    package func finish(announced: UInt64) throws(StorageError) {
        guard pending.isEmpty else { throw .snapshotRejected("its last row is cut off") }
        guard rows == announced else { throw .snapshotRejected("it has another number of rows than announced") }
    }
}
