package import Raft

/// What a snapshot stream will bring. Both sides must agree on it before the first chunk.
package struct SnapshotDescriptor: Hashable, Sendable {
    package var metadata: SnapshotMetadata
    /// 16 bytes: names this image, so that a broken transfer resumes only into the same one.
    package var identifier: [UInt8]
    package var totalBytes: UInt64
    package var totalRows: UInt64
    /// SHA-256 over all chunks in order.
    package var checksum: [UInt8]

    package init(
        metadata: SnapshotMetadata, identifier: [UInt8], totalBytes: UInt64, totalRows: UInt64, checksum: [UInt8]
    ) {
        self.metadata = metadata
        self.identifier = identifier
        self.totalBytes = totalBytes
        self.totalRows = totalRows
        self.checksum = checksum
    }

    /// The sequence number of the last chunk.
    package var lastChunk: UInt64 { SnapshotStream.chunkCount(totalBytes: totalBytes) - 1 }
}

/// A run of rows of a snapshot.
package struct SnapshotChunk: Hashable, Sendable {
    /// Position in the stream, from 0.
    package var sequence: UInt64
    package var isLast: Bool
    package var bytes: [UInt8]
    /// CRC-32C of `bytes`.
    package var crc: UInt32

    package init(sequence: UInt64, isLast: Bool, bytes: [UInt8], crc: UInt32) {
        self.sequence = sequence
        self.isLast = isLast
        self.bytes = bytes
        self.crc = crc
    }
}

/// The sending side: holds a read snapshot of the store until released. May be used from one thread at a time, any
/// thread.
package protocol SnapshotSource: AnyObject, Sendable {
    var descriptor: SnapshotDescriptor { get }
    /// The chunk with this sequence number, at most 512 KiB.
    func chunk(_ sequence: UInt64) throws(StorageError) -> SnapshotChunk
}

/// The receiving side, on the shard's thread.
package protocol SnapshotStaging: AnyObject {
    /// The first chunk that is still missing.
    var next: UInt64 { get }
    /// Checks and keeps one chunk; a repeated one is accepted and ignored.
    func accept(_ chunk: SnapshotChunk) throws(StorageError)
    /// After the last chunk: whether the whole image is here and its checksum holds.
    func verify() throws(StorageError)
}
