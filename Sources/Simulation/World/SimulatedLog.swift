import Raft
import Storage

/// A group's log on a disk whose bits may rot.
final class SimulatedLog: LogReader {
    private let disk: SimulatedDisk
    private let inner: any LogReader

    init(disk: SimulatedDisk, inner: any LogReader) {
        self.disk = disk
        self.inner = inner
    }

    var firstIndex: LogIndex { inner.firstIndex }
    var lastIndex: LogIndex { inner.lastIndex }
    func initialState() -> (hardState: HardState, membership: Membership) { inner.initialState() }
    func term(at index: LogIndex) throws(LogReadError) -> Term { try inner.term(at: index) }
    func snapshot() throws(LogReadError) -> Snapshot { try inner.snapshot() }

    func entries(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry] {
        // `RocksDBStore` ends the process here. This one lives on to the end of the turn, unheard.
        disk.meetDamage()
        return try inner.entries(from: lower, to: upper, maxBytes: maxBytes)
    }
}
