import Raft
import Storage

/// The real store on a disk that knows what was synced: RocksDB with its own files, the durable mark beside it.
final class SimulatedRocksDB: SimulatedStore {
    // The store is closed before its disk and its folder go.
    private let store: RocksDBStore
    private let disk: CrashDisk
    private let folder: ScratchFolder

    /// Opens the store in the folder, which is removed with the last object that uses it.
    convenience init(in folder: ScratchFolder) throws(StorageError) {
        guard let disk = CrashDisk(root: folder.path) else {
            throw .cannotOpen(path: folder.path, reason: "the simulated disk cannot read it")
        }
        try self.init(folder, disk)
    }

    private init(_ folder: ScratchFolder, _ disk: CrashDisk) throws(StorageError) {
        var options = RocksDBStoreOptions()
        options.softReserve = 0
        options.logCacheBytes = 4096
        options.batchesPerMark = 64
        // A small log, so that tables are written and merged within a run.
        options.settings = "\(disk.setting);max_file_opening_threads=1;max_total_wal_size=65536"
        options.files = disk
        // The room on the machine that simulates must change nothing.
        options.space = { _ in nil }
        options.terminate = { _ in disk.kill() }
        disk.gate(open: true)
        store = try RocksDBStore(path: folder.path + "/store", options: options)
        disk.settle()
        disk.gate(open: false)
        self.folder = folder
        self.disk = disk
    }

    // MARK: SimulatedStore

    func afterCrash(_ mode: CrashMode, random: inout Randomness) throws(StorageError) -> any SimulatedStore {
        disk.kill()
        store.close()
        guard disk.crash(mode, seed: random.next()) != nil else {
            throw .failed("the simulated disk cannot be written")
        }
        return try SimulatedRocksDB(folder, disk)
    }

    func copyNow() -> (any SimulatedStore)? { nil }
    func settle() { disk.settle() }

    /// Runs a call that waits for RocksDB's background work.
    private func waiting<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        disk.gate(open: true)
        defer { disk.gate(open: false) }
        return try body()
    }

    // MARK: NodeStore

    var identity: StoreIdentity? { store.identity }
    func initialize(_ identity: StoreIdentity) throws(StorageError) { try store.initialize(identity) }
    func setFact(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError) { try store.setFact(value, for: key) }
    func fact(for key: [UInt8]) throws(StorageError) -> [UInt8]? { try store.fact(for: key) }
    func facts(withPrefix prefix: [UInt8]) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        try store.facts(withPrefix: prefix)
    }
    func groups() throws(StorageError) -> [StoredGroup] { try store.groups() }
    func createGroup(
        _ group: GroupID, membership: Membership, at position: LogPosition, label: [UInt8]
    ) throws(StorageError) {
        try store.createGroup(group, membership: membership, at: position, label: label)
    }
    func removeGroup(_ group: GroupID) throws(StorageError) {
        try waiting { () throws(StorageError) in try store.removeGroup(group) }
    }
    func log(of group: GroupID) throws(StorageError) -> any LogReader { try store.log(of: group) }
    func append(_ appends: [GroupAppend]) throws(StorageError) { try store.append(appends) }
    func apply(_ applies: [GroupApply]) throws(StorageError) { try store.apply(applies) }
    func compact(_ group: GroupID, through index: LogIndex) throws(StorageError) {
        try waiting { () throws(StorageError) in try store.compact(group, through: index) }
    }
    func table(of group: GroupID) throws(StorageError) -> any TableReader { try store.table(of: group) }
    func digest(of group: GroupID) throws(StorageError) -> [UInt8] { try store.digest(of: group) }
    func snapshot(of group: GroupID) throws(StorageError) -> any SnapshotSource { try store.snapshot(of: group) }
    func stage(_ descriptor: SnapshotDescriptor, for group: GroupID) throws(StorageError) -> any SnapshotStaging {
        GatedStaging(
            inner: try waiting { () throws(StorageError) in try store.stage(descriptor, for: group) }, on: disk)
    }
    func discardStaged(_ group: GroupID) throws(StorageError) { try store.discardStaged(group) }
    func refreshMark() throws(StorageError) { try store.refreshMark() }
    func close() { store.close() }
}

/// A staged snapshot whose verification waits for RocksDB's background work.
private final class GatedStaging: SnapshotStaging {
    private let inner: any SnapshotStaging
    private let disk: CrashDisk

    init(inner: any SnapshotStaging, on disk: CrashDisk) {
        self.inner = inner
        self.disk = disk
    }

    var next: UInt64 { inner.next }
    func accept(_ chunk: SnapshotChunk) throws(StorageError) { try inner.accept(chunk) }
    func verify() throws(StorageError) {
        disk.gate(open: true)
        defer { disk.gate(open: false) }
        try inner.verify()
    }
}
