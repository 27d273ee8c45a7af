import CRocksDB

/// A write batch that is filled, written, cleared and filled again.
struct RocksBatch: ~Copyable {
    let handle: OpaquePointer

    init() {
        handle = rocksdb_writebatch_create()
    }

    deinit { rocksdb_writebatch_destroy(handle) }

    var isEmpty: Bool { rocksdb_writebatch_count(handle) == 0 }

    func clear() { rocksdb_writebatch_clear(handle) }

    func put(_ family: OpaquePointer, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        rocksdb_writebatch_put_cf(handle, family, key.characters, key.count, value.characters, value.count)
    }

    func put(_ family: OpaquePointer, _ key: [UInt8], _ value: [UInt8]) {
        key.withUnsafeBytes { key in value.withUnsafeBytes { value in put(family, key, value) } }
    }

    func delete(_ family: OpaquePointer, _ key: [UInt8]) {
        key.withUnsafeBytes { rocksdb_writebatch_delete_cf(handle, family, $0.characters, $0.count) }
    }

    /// Deletes the keys from `start` up to, not including, `end`. Only for whole groups: range tombstones slow reads
    /// down.
    func deleteRange(_ family: OpaquePointer, from start: [UInt8], to end: [UInt8]) {
        start.withUnsafeBytes { start in
            end.withUnsafeBytes { end in
                rocksdb_writebatch_delete_range_cf(
                    handle, family, start.characters, start.count, end.characters, end.count)
            }
        }
    }
}

/// A forward walk over one column family.
struct RocksIterator: ~Copyable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { rocksdb_iter_destroy(handle) }

    var isValid: Bool { rocksdb_iter_valid(handle) != 0 }

    func seek(_ key: [UInt8]) {
        key.withUnsafeBytes { rocksdb_iter_seek(handle, $0.characters, $0.count) }
    }

    func next() { rocksdb_iter_next(handle) }

    /// Valid until the next move.
    var key: UnsafeRawBufferPointer {
        var count = 0
        let bytes = rocksdb_iter_key(handle, &count)
        return UnsafeRawBufferPointer(start: bytes, count: count)
    }

    /// Valid until the next move.
    var value: UnsafeRawBufferPointer {
        var count = 0
        let bytes = rocksdb_iter_value(handle, &count)
        return UnsafeRawBufferPointer(start: bytes, count: count)
    }

    /// An iterator that met damage just ends: ask this after every walk.
    func check() throws(StorageError) {
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_iter_get_error(handle, &error)
        if let text = takeRocksError(&error) { throw RocksDatabase.readError(text) }
    }
}
