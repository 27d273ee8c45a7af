import CRocksDB

/// The settings every node's RocksDB is opened with.
enum RocksTuning {
    /// Settings that the C API has no call for.
    private static let text = "max_bgerror_resume_count=0;track_and_verify_wals_in_manifest=true"
    private static let mebibyte = 1024 * 1024

    /// The settings with further ones in their place. Without `compacts` files are not merged until somebody allows it.
    /// The caller destroys them.
    static func makeOptions(_ further: String, compacts: Bool) throws(StorageError) -> OpaquePointer {
        let base = rocksdb_options_create()
        defer { rocksdb_options_destroy(base) }
        let options = try changed(base, by: text)
        set(options)
        rocksdb_options_set_disable_auto_compactions(options, compacts ? 0 : 1)
        guard !further.isEmpty else { return options }
        defer { rocksdb_options_destroy(options) }
        return try changed(options, by: further)
    }

    /// A copy with the settings that the text names.
    private static func changed(_ base: OpaquePointer?, by text: String) throws(StorageError) -> OpaquePointer {
        guard let options = rocksdb_options_create() else { throw .failed("no memory for options") }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_get_options_from_string(base, text, options, &error)
        if let reason = takeRocksError(&error) {
            rocksdb_options_destroy(options)
            throw .failed(reason)
        }
        return options
    }

    private static func set(_ options: OpaquePointer) {
        rocksdb_options_set_create_if_missing(options, 1)
        rocksdb_options_set_create_missing_column_families(options, 1)
        rocksdb_options_set_paranoid_checks(options, 1)
        // Tolerates a record cut off at the very end of the log, as a crash leaves it, and refuses every other damage.
        // The default would drop what follows a damaged record without a word.
        rocksdb_options_set_wal_recovery_mode(options, Int32(rocksdb_tolerate_corrupted_tail_records_recovery))
        rocksdb_options_set_recycle_log_file_num(options, 0)
        rocksdb_options_set_manual_wal_flush(options, 0)
        rocksdb_options_set_max_open_files(options, -1)
        rocksdb_options_set_write_buffer_size(options, 8 * mebibyte)
        rocksdb_options_set_db_write_buffer_size(options, 32 * mebibyte)
        rocksdb_options_set_max_total_wal_size(options, UInt64(64 * mebibyte))
        // Where nothing was merged for want of room tables have piled up. The default would then stop writes, and with
        // them the shard's thread, until they are merged: for longer than an election. They are slowed down still.
        rocksdb_options_set_level0_stop_writes_trigger(options, Int32.max)
        // Wrapped keys do not compress.
        rocksdb_options_set_compression(options, 0)
        // Warnings only: the messages below may show keys of rows.
        rocksdb_options_set_info_log_level(options, 2)
        rocksdb_options_set_keep_log_file_num(options, 2)
        rocksdb_options_set_max_log_file_size(options, mebibyte)
        rocksdb_options_set_stats_dump_period_sec(options, 0)
        rocksdb_options_set_stats_persist_period_sec(options, 0)
        setTable(options)
    }

    private static func setTable(_ options: OpaquePointer) {
        let table = rocksdb_block_based_options_create()
        let cache = rocksdb_cache_create_lru(32 * mebibyte)
        rocksdb_block_based_options_set_format_version(table, 5)
        rocksdb_block_based_options_set_block_cache(table, cache)
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
        rocksdb_options_set_block_based_table_factory(options, table)
        rocksdb_cache_destroy(cache)
        rocksdb_block_based_options_destroy(table)
    }
}
