import CRocksDB
import Crypto
import Raft

/// A group's rows under a read snapshot of the database, as a stream. Letting go of it releases the snapshot.
// SAFETY: all stored properties are immutable after init; every chunk is read through an iterator of its own, and
// RocksDB's snapshots and iterators may be used while another thread writes.
final class RocksSnapshotSource: SnapshotSource, @unchecked Sendable {
    let descriptor: SnapshotDescriptor
    private let database: RocksDatabase
    private let view: OpaquePointer
    private let reads: OpaquePointer
    private let prefix: [UInt8]
    /// Where each chunk begins: the row and the offset in its framed bytes.
    private let starts: [Start]

    private struct Start {
        var key: [UInt8]
        var offset: Int
    }

    /// Reads all rows once, since their number and checksum travel before the first chunk.
    init(_ group: RocksGroup, _ database: RocksDatabase) throws(StorageError) {
        self.database = database
        prefix = RocksKeys.rows(group.id, group.generation)
        view = rocksdb_create_snapshot(database.handle)
        reads = rocksdb_readoptions_create()
        rocksdb_readoptions_set_verify_checksums(reads, 1)
        rocksdb_readoptions_set_snapshot(reads, view)
        let pass: Pass
        do {
            pass = try Pass(database, reads, prefix)
        } catch {
            rocksdb_readoptions_destroy(reads)
            rocksdb_release_snapshot(database.handle, view)
            throw error
        }
        starts = pass.starts
        descriptor = SnapshotStream.describe(
            SnapshotMetadata(position: group.applied, membership: group.membership), group: group.id,
            totalBytes: pass.bytes, totalRows: pass.rows, checksum: pass.checksum)
    }

    deinit {
        rocksdb_readoptions_destroy(reads)
        rocksdb_release_snapshot(database.handle, view)
    }

    func chunk(_ sequence: UInt64) throws(StorageError) -> SnapshotChunk {
        let total = descriptor.totalBytes
        guard sequence < SnapshotStream.chunkCount(totalBytes: total) else {
            throw .snapshotRejected("there is no chunk \(sequence)")
        }
        let size = SnapshotStream.size(ofChunk: sequence, totalBytes: total)
        guard size > 0 else { return SnapshotStream.chunk(sequence, bytes: [], totalBytes: total) }
        let start = starts[Int(sequence)]
        let rows = RocksIterator(rocksdb_create_iterator_cf(database.handle, reads, database.family(.state)))
        rows.seek(prefix + start.key)
        var bytes: [UInt8] = []
        var skipped = start.offset
        while rows.isValid, rows.key.starts(with: prefix), bytes.count - skipped < size {
            Pass.frame(rows, after: prefix.count, into: &bytes)
            if skipped > 0, bytes.count >= skipped {
                bytes.removeFirst(skipped)
                skipped = 0
            }
            rows.next()
        }
        try rows.check()
        guard bytes.count >= size, skipped == 0 else { throw .damaged("a snapshot changed while it was read") }
        bytes.removeLast(bytes.count - size)
        return SnapshotStream.chunk(sequence, bytes: bytes, totalBytes: total)
    }

    /// The first walk over the rows.
    private struct Pass {
        var starts: [Start] = []
        var bytes: UInt64 = 0
        var rows: UInt64 = 0
        var checksum: [UInt8] = []

        init(_ database: RocksDatabase, _ reads: OpaquePointer, _ prefix: [UInt8]) throws(StorageError) {
            let iterator = RocksIterator(
                rocksdb_create_iterator_cf(database.handle, reads, database.family(.state)))
            var function = SHA256()
            var framed: [UInt8] = []
            iterator.seek(prefix)
            while iterator.isValid, iterator.key.starts(with: prefix) {
                framed.removeAll(keepingCapacity: true)
                Self.frame(iterator, after: prefix.count, into: &framed)
                framed.withUnsafeBytes { function.update(bufferPointer: $0) }
                let end = bytes + UInt64(framed.count)
                while UInt64(starts.count * SnapshotStream.chunkSize) < end {
                    let offset = UInt64(starts.count * SnapshotStream.chunkSize) - bytes
                    starts.append(Start(key: [UInt8](iterator.key[prefix.count...]), offset: Int(offset)))
                }
                bytes = end
                rows += 1
                iterator.next()
            }
            try iterator.check()
            checksum = Array(function.finalize())
        }

        static func frame(_ row: borrowing RocksIterator, after prefix: Int, into bytes: inout [UInt8]) {
            let (key, value) = (row.key[prefix...], row.value)
            SnapshotStream.appendHeader(keyCount: key.count, valueCount: value.count, to: &bytes)
            bytes += key
            bytes += value
        }
    }
}
