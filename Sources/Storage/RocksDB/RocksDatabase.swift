import CRocksDB
import Glibc

/// The column families of a node's store. The order is that of the handles; names are on disk.
enum Column: Int, CaseIterable {
    /// RocksDB insists on it; nothing is kept there.
    case unused
    case log, raft, state, meta, staged

    var name: String {
        switch self {
        case .unused: "default"
        case .log: "log"
        case .raft: "raft"
        case .state: "state"
        case .meta: "meta"
        case .staged: "staged"
        }
    }
}

/// An open RocksDB with the families of a node's store. Closes when the last holder lets go.
// SAFETY: all stored pointers are immutable after init and RocksDB's reads, writes and snapshots may be called from any
// thread.
final class RocksDatabase: @unchecked Sendable {
    let handle: OpaquePointer
    private let families: [OpaquePointer]
    private let reads: OpaquePointer
    private let synced: OpaquePointer
    private let unsynced: OpaquePointer
    private let options: OpaquePointer

    /// Throws `cannotOpen` for a directory in use or unreadable, `damaged` when RocksDB finds corruption.
    init(path: String, settings: String, compacts: Bool) throws(StorageError) {
        options = try RocksTuning.makeOptions(settings, compacts: compacts)
        let names = Column.allCases.map { strdup($0.name) }
        defer { for name in names { free(name) } }
        let constants = names.map { UnsafePointer<CChar>($0) }
        let settings = [OpaquePointer?](repeating: options, count: names.count)
        var handles = [OpaquePointer?](repeating: nil, count: names.count)
        var error: UnsafeMutablePointer<CChar>?
        let opened = rocksdb_open_column_families(
            options, path, Int32(names.count), constants, settings, &handles, &error)
        guard let opened else {
            rocksdb_options_destroy(options)
            let text = takeRocksError(&error) ?? "no reason given"
            if text.contains("Corruption") { throw .damaged(text) }
            let inUse = text.contains("lock")
            throw .cannotOpen(path: path, reason: inUse ? "another process is using it" : text)
        }
        handle = opened
        families = handles.compactMap { $0 }
        reads = rocksdb_readoptions_create()
        rocksdb_readoptions_set_verify_checksums(reads, 1)
        synced = rocksdb_writeoptions_create()
        rocksdb_writeoptions_set_sync(synced, 1)
        unsynced = rocksdb_writeoptions_create()
    }

    deinit {
        for family in families { rocksdb_column_family_handle_destroy(family) }
        rocksdb_close(handle)
        rocksdb_readoptions_destroy(reads)
        rocksdb_writeoptions_destroy(synced)
        rocksdb_writeoptions_destroy(unsynced)
        rocksdb_options_destroy(options)
    }

    func family(_ column: Column) -> OpaquePointer { families[column.rawValue] }

    func value(_ column: Column, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        var error: UnsafeMutablePointer<CChar>?
        let slice = key.withUnsafeBytes {
            rocksdb_get_pinned_cf(handle, reads, family(column), $0.characters, $0.count, &error)
        }
        if let text = takeRocksError(&error) { throw Self.readError(text) }
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var count = 0
        guard let bytes = rocksdb_pinnableslice_value(slice, &count) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// The reason when the write failed. After a failure the outcome on disk is unknown.
    func write(_ batch: borrowing RocksBatch, sync: Bool) -> String? {
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_write(handle, sync ? synced : unsynced, batch.handle, &error)
        return takeRocksError(&error)
    }

    func iterator(_ column: Column) -> RocksIterator {
        RocksIterator(rocksdb_create_iterator_cf(handle, reads, family(column)))
    }

    /// The reason when it failed.
    func flush(_ column: Column) -> String? {
        let settings = rocksdb_flushoptions_create()
        defer { rocksdb_flushoptions_destroy(settings) }
        rocksdb_flushoptions_set_wait(settings, 1)
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_flush_cf(handle, settings, family(column), &error)
        return takeRocksError(&error)
    }

    /// Rewrites the files that hold keys from `start` up to `end`, so that deleted rows leave them.
    func compact(_ column: Column, from start: [UInt8], to end: [UInt8]) {
        start.withUnsafeBytes { start in
            end.withUnsafeBytes { end in
                rocksdb_compact_range_cf(
                    handle, family(column), start.characters, start.count, end.characters, end.count)
            }
        }
    }

    // MARK: Merging in the background

    /// Bytes of a family's tables, the most that a merge can read: it stays within one family, and there is one at a
    /// time.
    func tableBytes(_ column: Column) -> UInt64 {
        var bytes: UInt64 = 0
        let status = rocksdb_property_int_cf(handle, family(column), "rocksdb.live-sst-files-size", &bytes)
        return status == 0 ? bytes : 0
    }

    /// Lets a family's tables be merged by themselves, or not. A merge that is under way goes on; merging begins again
    /// with the family's next flush. False where that failed.
    func setCompaction(_ isAllowed: Bool, of column: Column) -> Bool {
        let (key, value) = (strdup("disable_auto_compactions"), strdup(isAllowed ? "false" : "true"))
        defer {
            free(key)
            free(value)
        }
        let keys = [UnsafePointer<CChar>(key)]
        let values = [UnsafePointer<CChar>(value)]
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_set_options_cf(handle, family(column), 1, keys, values, &error)
        return takeRocksError(&error) == nil
    }

    static func readError(_ text: String) -> StorageError {
        text.contains("Corruption") ? .damaged(text) : .failed(text)
    }
}

/// The text of a RocksDB error, freed; nil when there was none.
func takeRocksError(_ error: inout UnsafeMutablePointer<CChar>?) -> String? {
    guard let text = error else { return nil }
    error = nil
    defer { rocksdb_free(text) }
    return String(String(cString: text).prefix(300))
}

extension UnsafeRawBufferPointer {
    /// The same bytes as C's `const char *`.
    var characters: UnsafePointer<CChar>? { baseAddress?.assumingMemoryBound(to: CChar.self) }
}
