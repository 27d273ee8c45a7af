import Crypto
import Raft

/// Chunks of a snapshot on their way in, kept in the `staged` family until the image is whole. Its rows then wait in
/// the `state` family under a generation that no reader looks at, until an `append` makes that generation the group's.
final class RocksSnapshotStaging: SnapshotStaging {
    /// A verified image: its rows are on disk under `generation`.
    struct Ready {
        var generation: UInt32
        var digest: RowDigest
    }

    let descriptor: SnapshotDescriptor
    private(set) var next: UInt64 = 0
    private(set) var ready: Ready?
    weak var store: RocksDBStore?
    private let group: RocksGroup
    /// Rows are written in batches of about this many bytes.
    private static let batchBytes = 1 << 20

    init(_ group: RocksGroup, _ descriptor: SnapshotDescriptor, store: RocksDBStore? = nil) {
        self.group = group
        self.descriptor = descriptor
        self.store = store
    }

    /// Finds what an earlier run left.
    func resume(_ database: RocksDatabase) throws(StorageError) {
        let rows = database.iterator(.staged)
        let prefix = RocksKeys.stagedChunks(group.id)
        rows.seek(prefix)
        while rows.isValid, rows.key.starts(with: prefix), [UInt8](rows.key) == RocksKeys.stagedChunk(group.id, next) {
            next += 1
            rows.next()
        }
        try rows.check()
        guard let bytes = try database.value(.staged, RocksKeys.stagedReady(group.id)) else { return }
        var reader = ByteReader(bytes)
        guard let generation = reader.integer(UInt32.self), let digest = reader.take(32).flatMap({ RowDigest($0) }),
            reader.isAtEnd
        else { throw .damaged("the staged snapshot of group \(group.id.rawValue) is unreadable") }
        ready = Ready(generation: generation, digest: digest)
    }

    func accept(_ chunk: SnapshotChunk) throws(StorageError) {
        let store = try owner()
        guard try SnapshotStream.expects(chunk, next: next, of: descriptor) else { return }
        try store.checkReserve()
        let family = try store.database().family(.staged)
        store.batch.put(family, RocksKeys.stagedChunk(group.id, next), chunk.bytes)
        try store.commit(sync: false)
        next += 1
    }

    func verify() throws(StorageError) {
        guard ready == nil else { return }
        let store = try owner()
        guard next == SnapshotStream.chunkCount(totalBytes: descriptor.totalBytes) else {
            throw .snapshotRejected("chunk \(next) is missing")
        }
        let database = try store.database()
        let generation = group.generation &+ 1
        try sweep(.state, RocksKeys.rows(group.id, generation), database, store)
        do throws(StorageError) {
            let digest = try expand(into: generation, database, store)
            store.set(
                .staged, RocksKeys.stagedReady(group.id), to: [UInt8](bigEndian: generation) + digest.bytes, database)
            try store.commit(sync: false)
            ready = Ready(generation: generation, digest: digest)
        } catch .snapshotRejected(let reason) {
            // Nothing of it can be trusted: the transfer begins anew.
            next = 0
            store.batch.clear()
            try sweep(.staged, RocksKeys.stagedChunks(group.id), database, store)
            try sweep(.state, RocksKeys.rows(group.id, generation), database, store)
            throw .snapshotRejected(reason)
        }
    }

    /// Writes the rows of the chunks under the generation, checking all the while.
    private func expand(
        into generation: UInt32, _ database: RocksDatabase, _ store: RocksDBStore
    ) throws(StorageError) -> RowDigest {
        let chunks = database.iterator(.staged)
        let prefix = RocksKeys.stagedChunks(group.id)
        let base = RocksKeys.rows(group.id, generation)
        let family = database.family(.state)
        var (function, parser, pending) = (SHA256(), SnapshotRowParser(), 0)
        chunks.seek(prefix)
        while chunks.isValid, chunks.key.starts(with: prefix) {
            let bytes = [UInt8](chunks.value)
            bytes.withUnsafeBytes { function.update(bufferPointer: $0) }
            for row in try parser.feed(bytes) {
                store.batch.put(family, base + row.key, row.value)
                pending += row.key.count + row.value.count
                if pending > Self.batchBytes {
                    try store.commit(sync: false)
                    pending = 0
                }
            }
            chunks.next()
        }
        try chunks.check()
        guard Array(function.finalize()) == descriptor.checksum else {
            throw .snapshotRejected("the whole fails its checksum")
        }
        try parser.finish(announced: descriptor.totalRows)
        return parser.digest
    }

    /// Removes every trace of the transfer.
    func discard(_ store: RocksDBStore) throws(StorageError) {
        let database = try store.database()
        for key in RocksKeys.stagedRows(group.id) { store.set(.staged, key, to: nil, database) }
        try store.commit(sync: false)
        try sweep(.staged, RocksKeys.stagedChunks(group.id), database, store)
        try sweep(.state, RocksKeys.rows(group.id, group.generation &+ 1), database, store)
    }

    private func sweep(
        _ column: Column, _ prefix: [UInt8], _ database: RocksDatabase, _ store: RocksDBStore
    ) throws(StorageError) {
        if let reason = try RocksSweep.delete(column, prefix: prefix, in: database) {
            throw store.fail("a write failed: \(reason)")
        }
    }

    private func owner() throws(StorageError) -> RocksDBStore {
        guard let store, group.staging === self else { throw .snapshotRejected("the transfer was given up") }
        return store
    }
}
