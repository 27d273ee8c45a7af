import Raft
import Storage

/// A node's store in memory on a disk that can fail: the machine dies before or after any one write, and what was
/// written after that never happened.
final class SimulatedDisk: NodeStore {
    /// Told of what reached the disk, whether or not anybody hears of it any more.
    struct Witness {
        var appended: ([GroupAppend]) -> Void = { _ in }
        var applied: ([GroupApply]) -> Void = { _ in }
    }

    let inner: any SimulatedStore
    var witness = Witness()
    /// Writes until the machine dies; nil while it lives on.
    var writesLeft: Int?
    /// Whether the write at which it dies is on disk.
    var keepsLastWrite = false
    private(set) var isDead = false
    /// Whether the write at which it died would have installed a snapshot, or held entries.
    private(set) var lastWrite: (isSnapshot: Bool, hasEntries: Bool) = (false, false)
    /// What the node is told of the room on it.
    var level = SpaceLevel.good
    /// Bits have rotted: whoever reads meets damage. Stays with the disk.
    var isDamaged = false
    /// How long the next synced write takes; nil when it takes no time.
    var stall: UInt64?
    /// How long every synced write takes, while the disk is slow.
    var slowness: UInt64?
    /// How long the last turn's write took, until the world asks.
    private var stalled: UInt64?

    init(inner: any SimulatedStore) { self.inner = inner }

    /// The process is gone: whatever it still does reaches nothing.
    func die() { isDead = true }

    /// What the next process on the same machine finds after a crash.
    func restarted(after mode: CrashMode, random: inout Randomness) throws(StorageError) -> SimulatedDisk {
        let disk = SimulatedDisk(inner: try inner.afterCrash(mode, random: &random))
        disk.isDamaged = isDamaged
        disk.level = level
        return disk
    }

    /// Whether a write of this turn will take its time.
    var isWaiting: Bool { stalled != nil }

    /// How long the writes of the last turn took, if a disk stalled.
    func takeStall() -> UInt64? {
        defer { stalled = nil }
        return stalled
    }

    /// A store that has failed reads nothing either. A read of what the disk cannot give back correctly ends the
    /// process, as `RocksDBStore` ends it.
    private func read() throws(StorageError) {
        guard !isDead else { throw .failed("the process is dead") }
        guard isDamaged else { return }
        die()
        throw .damaged("bits have rotted")
    }

    /// A read of the log, which ends the process where it meets damage.
    func meetDamage() {
        if isDamaged { die() }
    }

    private func write(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        guard !isDead else { throw .failed("the process is dead") }
        defer { inner.settle() }
        guard let left = writesLeft else { return try body() }
        if left > 0 {
            writesLeft = left - 1
            return try body()
        }
        if keepsLastWrite { try body() }
        isDead = true
        throw .failed("the machine died")
    }

    // MARK: NodeStore

    var identity: StoreIdentity? { inner.identity }

    func initialize(_ identity: StoreIdentity) throws(StorageError) { try inner.initialize(identity) }

    func setFact(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError) {
        try write { () throws(StorageError) in try inner.setFact(value, for: key) }
    }
    func fact(for key: [UInt8]) throws(StorageError) -> [UInt8]? { try inner.fact(for: key) }
    func facts(withPrefix prefix: [UInt8]) throws(StorageError) -> [(key: [UInt8], value: [UInt8])] {
        try inner.facts(withPrefix: prefix)
    }

    func groups() throws(StorageError) -> [StoredGroup] {
        try read()
        return try inner.groups()
    }
    func createGroup(
        _ group: GroupID, membership: Membership, at position: LogPosition, label: [UInt8]
    ) throws(StorageError) {
        try write { () throws(StorageError) in
            try inner.createGroup(group, membership: membership, at: position, label: label)
        }
    }
    func removeGroup(_ group: GroupID) throws(StorageError) {
        try write { () throws(StorageError) in try inner.removeGroup(group) }
    }

    func log(of group: GroupID) throws(StorageError) -> any LogReader {
        SimulatedLog(disk: self, inner: try inner.log(of: group))
    }

    func append(_ appends: [GroupAppend]) throws(StorageError) {
        lastWrite = (appends.contains { $0.snapshot != nil }, appends.contains { !$0.entries.isEmpty })
        try write { () throws(StorageError) in
            try inner.append(appends)
            witness.appended(appends)
        }
        stalled = stall ?? slowness
        stall = nil
    }

    func apply(_ applies: [GroupApply]) throws(StorageError) {
        lastWrite = (false, false)
        try write { () throws(StorageError) in
            try inner.apply(applies)
            witness.applied(applies)
        }
    }

    func compact(_ group: GroupID, through index: LogIndex) throws(StorageError) {
        try write { () throws(StorageError) in try inner.compact(group, through: index) }
    }

    func table(of group: GroupID) throws(StorageError) -> any TableReader {
        try read()
        return try inner.table(of: group)
    }
    func digest(of group: GroupID) throws(StorageError) -> [UInt8] {
        try read()
        return try inner.digest(of: group)
    }
    func snapshot(of group: GroupID) throws(StorageError) -> any SnapshotSource {
        try read()
        return try inner.snapshot(of: group)
    }
    func stage(_ descriptor: SnapshotDescriptor, for group: GroupID) throws(StorageError) -> any SnapshotStaging {
        guard !isDead else { throw .failed("the process is dead") }
        return try inner.stage(descriptor, for: group)
    }
    func discardStaged(_ group: GroupID) throws(StorageError) { try inner.discardStaged(group) }
    func refreshMark() throws(StorageError) { try write { () throws(StorageError) in try inner.refreshMark() } }
    func close() {}
}
