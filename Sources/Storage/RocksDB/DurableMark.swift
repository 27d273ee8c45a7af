import CPlatform
import Glibc
package import Raft

/// What a store is known to have acknowledged, kept in a file of its own beside the database.
///
/// RocksDB cannot tell a log that lost its newest file from one that never had it. The mark can: it is rewritten after
/// the sync it describes, so a store that is behind its mark has lost something (security reference [PAR]; Alagappan et
/// al., FAST 2018).
package struct DurableMark: Hashable {
    /// What one group acknowledged.
    package struct Group: Hashable {
        package var group: GroupID
        package var last: LogIndex
        /// Hash of the entry at `last`.
        package var hash: [UInt8]
        package var term: Term
        package var vote: ReplicaID

        package init(group: GroupID, last: LogIndex, hash: [UInt8], term: Term, vote: ReplicaID) {
            self.group = group
            self.last = last
            self.hash = hash
            self.term = term
            self.vote = vote
        }
    }

    package var sequence: UInt64 = 0
    package var store: [UInt8]
    /// Number of the last synced batch.
    package var batch: UInt64
    package var groups: [Group]

    private static let magic: [UInt8] = Array("CLVGMARK".utf8)
    private static let format: UInt32 = 1
    static let headerSize = 20

    /// Magic 8 · format u32 · body length u32 · CRC-32C of the body u32 · body.
    package var encoded: [UInt8] {
        var body: [UInt8] = []
        body.append(bigEndian: sequence)
        body += store
        body.append(bigEndian: batch)
        body.append(bigEndian: UInt32(clamping: groups.count))
        for group in groups {
            body.append(bigEndian: group.group.rawValue)
            body.append(bigEndian: group.last.rawValue)
            body += group.hash
            body.append(bigEndian: group.term.rawValue)
            body.append(bigEndian: group.vote.rawValue)
        }
        var bytes = Self.magic
        bytes.append(bigEndian: Self.format)
        bytes.append(bigEndian: UInt32(clamping: body.count))
        bytes.append(bigEndian: body.withUnsafeBytes { claviger_crc32c(0, $0.baseAddress, $0.count) })
        return bytes + body
    }

    package init(store: [UInt8], batch: UInt64, groups: [Group]) {
        self.store = store
        self.batch = batch
        self.groups = groups
    }

    /// Nil when the slot is torn, damaged or empty.
    package init?(slot: [UInt8]) {
        var reader = ByteReader(slot)
        guard reader.take(8) == Self.magic, reader.integer(UInt32.self) == Self.format,
            let length = reader.integer(UInt32.self), let crc = reader.integer(UInt32.self),
            let body = reader.take(Int(length)),
            crc == body.withUnsafeBytes({ claviger_crc32c(0, $0.baseAddress, $0.count) })
        else { return nil }
        var fields = ByteReader(body)
        guard let sequence = fields.integer(UInt64.self), let store = fields.take(16),
            let batch = fields.integer(UInt64.self), let count = fields.integer(UInt32.self),
            fields.remaining == Int(count) * 48
        else { return nil }
        self.init(store: store, batch: batch, groups: [])
        self.sequence = sequence
        while let group = fields.integer(UInt64.self), let last = fields.integer(UInt64.self),
            let hash = fields.take(16),
            let term = fields.integer(UInt64.self), let vote = fields.integer(UInt64.self)
        {
            groups.append(
                Group(
                    group: GroupID(group), last: LogIndex(last), hash: hash, term: Term(term), vote: ReplicaID(vote)))
        }
    }
}

/// The file `durable-mark`: two slots written in turn, so that a crash in the middle of one leaves the other. A note is
/// behind them.
///
/// The note is the number of the last synced batch, written after each sync and not synced itself. It costs a copy of a
/// few bytes and outlives everything but a crash of the machine, so that damage to what was synced after the last mark
/// does not pass for a write that a killed process never finished.
struct DurableMarkFile {
    enum Content {
        case absent
        /// There is a file and neither slot is whole.
        case unreadable
        /// The newest mark, and the number in the note where there is one of the same store.
        case mark(DurableMark, noted: UInt64?)
    }

    /// Room for about 21,000 groups; the file is sparse.
    static let slotSize = 1 << 20
    private static let noteOffset = 2 * slotSize
    private static let noteSize = 12
    let path: String
    private let files: any StoreFiles

    init(directory: String, files: any StoreFiles) {
        path = directory + "/durable-mark"
        self.files = files
    }

    func read() throws(StorageError) -> Content {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return .absent }
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        defer { Glibc.close(file) }
        let marks = [slot(0, of: file), slot(1, of: file)].compactMap { $0 }
        guard let newest = marks.max(by: { $0.sequence < $1.sequence }) else { return .unreadable }
        return .mark(newest, noted: noted(in: file, store: newest.store))
    }

    /// Replaces the file by one with only this mark, so that there is never a half-made first one. The reason when it
    /// failed.
    func create(_ mark: DurableMark) -> String? {
        let fresh = path + ".new"
        return files.write(mark.encoded, at: 0, of: fresh, .createSynced) ?? files.rename(fresh, to: path)
            ?? files.syncDirectory(path.parentDirectory)
    }

    /// Writes the mark into the slot its sequence number calls for and syncs it. The reason when it failed.
    func write(_ mark: DurableMark) -> String? {
        let bytes = mark.encoded
        guard bytes.count <= Self.slotSize else { return "too many groups for the durable mark" }
        return files.write(bytes, at: Int(mark.sequence % 2) * Self.slotSize, of: path, .synced)
    }

    /// Notes that the batch is synced. Where that fails the note is only older than it could be.
    func note(_ batch: UInt64, store: [UInt8]) {
        let bytes = [UInt8](bigEndian: batch) + [UInt8](bigEndian: Self.noteSum(batch, store))
        _ = files.write(bytes, at: Self.noteOffset, of: path, .unsynced)
    }

    private func noted(in file: Int32, store: [UInt8]) -> UInt64? {
        guard let bytes = bytes(Self.noteSize, at: Self.noteOffset, of: file) else { return nil }
        var reader = ByteReader(bytes)
        guard let batch = reader.integer(UInt64.self), reader.integer(UInt32.self) == Self.noteSum(batch, store) else {
            return nil
        }
        return batch
    }

    /// Binds the note to its store.
    private static func noteSum(_ batch: UInt64, _ store: [UInt8]) -> UInt32 {
        (store + [UInt8](bigEndian: batch)).withUnsafeBytes { claviger_crc32c(0, $0.baseAddress, $0.count) }
    }

    private func slot(_ number: Int, of file: Int32) -> DurableMark? {
        let start = number * Self.slotSize
        guard let header = bytes(DurableMark.headerSize, at: start, of: file) else { return nil }
        let length = header.withUnsafeBytes { Int($0.bigEndian(at: 12, as: UInt32.self)) }
        guard length <= Self.slotSize - DurableMark.headerSize,
            let slot = bytes(DurableMark.headerSize + length, at: start, of: file)
        else { return nil }
        return DurableMark(slot: slot)
    }

    private func bytes(_ count: Int, at offset: Int, of file: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, off_t(offset)) }
        return got == count ? bytes : nil
    }
}
