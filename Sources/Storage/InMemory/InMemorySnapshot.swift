import Crypto
import Raft

/// A copy of a group's rows as a stream.
final class InMemorySnapshotSource: SnapshotSource {
    let descriptor: SnapshotDescriptor
    private let stream: [UInt8]

    init(_ group: InMemoryGroup) {
        var stream: [UInt8] = []
        for row in group.table.rows {
            SnapshotStream.appendHeader(keyCount: row.key.count, valueCount: row.value.count, to: &stream)
            stream += row.key
            stream += row.value
        }
        self.stream = stream
        var function = SHA256()
        stream.withUnsafeBytes { function.update(bufferPointer: $0) }
        descriptor = SnapshotStream.describe(
            SnapshotMetadata(position: group.applied, membership: group.membership), group: group.id,
            totalBytes: UInt64(stream.count), totalRows: UInt64(group.table.rows.count),
            checksum: Array(function.finalize()))
    }

    func chunk(_ sequence: UInt64) throws(StorageError) -> SnapshotChunk {
        let total = descriptor.totalBytes
        guard sequence < SnapshotStream.chunkCount(totalBytes: total) else {
            throw .snapshotRejected("there is no chunk \(sequence)")
        }
        let start = Int(sequence) * SnapshotStream.chunkSize
        let size = SnapshotStream.size(ofChunk: sequence, totalBytes: total)
        return SnapshotStream.chunk(sequence, bytes: Array(stream[start..<start + size]), totalBytes: total)
    }
}

/// Chunks of a snapshot on their way in.
final class InMemoryStaging: SnapshotStaging {
    let descriptor: SnapshotDescriptor
    /// The verified image, ready to be installed.
    private(set) var image: SortedRows?
    private(set) var chunks: [[UInt8]] = []
    /// How many chunks a crash leaves.
    private(set) var syncedChunks = 0
    private var imageIsSynced = false
    private var isGivenUp = false

    init(_ descriptor: SnapshotDescriptor) {
        self.descriptor = descriptor
    }

    var next: UInt64 { UInt64(chunks.count) }

    func accept(_ chunk: SnapshotChunk) throws(StorageError) {
        try checkInUse()
        guard try SnapshotStream.expects(chunk, next: next, of: descriptor) else { return }
        chunks.append(chunk.bytes)
    }

    func verify() throws(StorageError) {
        guard image == nil else { return }
        try checkInUse()
        guard next == SnapshotStream.chunkCount(totalBytes: descriptor.totalBytes) else {
            throw .snapshotRejected("chunk \(next) is missing")
        }
        do throws(StorageError) {
            image = try assembled()
        } catch {
            chunks = []
            syncedChunks = 0
            throw error
        }
    }

    private func assembled() throws(StorageError) -> SortedRows {
        var (function, parser, rows) = (SHA256(), SnapshotRowParser(), SortedRows())
        for chunk in chunks {
            chunk.withUnsafeBytes { function.update(bufferPointer: $0) }
            for row in try parser.feed(chunk) { rows.set(row.value, for: row.key) }
        }
        guard Array(function.finalize()) == descriptor.checksum else {
            throw .snapshotRejected("the whole fails its checksum")
        }
        try parser.finish(announced: descriptor.totalRows)
        return rows
    }

    func giveUp() { isGivenUp = true }

    private func checkInUse() throws(StorageError) {
        if isGivenUp { throw .snapshotRejected("the transfer was given up") }
    }

    func noteSync() {
        syncedChunks = chunks.count
        imageIsSynced = image != nil
    }

    func loseUnsynced() {
        chunks.removeLast(chunks.count - syncedChunks)
        if !imageIsSynced { image = nil }
    }
}
