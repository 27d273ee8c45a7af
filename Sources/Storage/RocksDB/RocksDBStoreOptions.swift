import Glibc

/// How a store is opened.
package struct RocksDBStoreOptions: Sendable {
    /// Opens a store that lost acknowledged state too, so that the node can say so and quarantine itself.
    package var inspects = false
    /// Snapshots on their way in and new groups are refused with `noSpace` when the disk has fewer free bytes. What
    /// consensus appends is not looked at here: that the disk fills up is seen in time by `SpaceWatch`.
    package var softReserve: UInt64 = 64 << 20
    /// Payload bytes of the newest entries that each group keeps in memory.
    package var logCacheBytes = 4 << 20
    /// The durable mark is renewed after this many synced writes, whatever the clock says.
    package var batchesPerMark: UInt64 = 1024
    /// Recomputes every group's digest when the store is opened, at the price of reading all rows.
    package var verifiesRows = true
    /// Called with one line when a write failed and nothing true can be said about the disk any more. Must not return;
    /// if it does, as in tests, the store refuses every further call.
    package var terminate: @Sendable (_ reason: String) -> Void = RocksDBStoreOptions.exit

    /// The format that a new store says it has, for tests of stores that other programs made.
    package var newFormat = RocksDBStore.format
    /// Further settings of RocksDB, as `name=value;name=value`, for tests and the simulator: none in production.
    package var settings = ""
    /// The room on the disk as the merging of files goes by it, nil where it is not known; tests say what they want.
    package var space: @Sendable (StoreVolume) -> DiskSpace? = { try? $0.space() }
    /// Where the durable mark is written. The simulator's disk in its runs, the kernel's else.
    package var files: any StoreFiles = SystemFiles()

    package init() {}

    /// Prints the line and ends the process with status 70 (EX_SOFTWARE), without running exit handlers.
    @Sendable package static func exit(_ reason: String) {
        let line = Array("claviger: \(reason); ending at once\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(70)
    }
}
