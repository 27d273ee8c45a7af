import Raft
import Storage

/// A store whose machine can crash: what was not synced is then lost, as far as the mode says.
protocol SimulatedStore: NodeStore {
    /// What the next process on the machine opens. This object is used no more.
    func afterCrash(_ mode: CrashMode, random: inout Randomness) throws(StorageError) -> any SimulatedStore
    /// The same store as it is now, for a disk that will forget everything after; nil when it cannot be copied.
    func copyNow() -> (any SimulatedStore)?
    /// Lets the work that waits for the end of a call be done.
    func settle()
}

extension InMemoryStore: SimulatedStore {
    func afterCrash(_ mode: CrashMode, random: inout Randomness) -> any SimulatedStore {
        switch mode {
        case .kept: crash(losingUnsynced: false)
        case .lost: crash(losingUnsynced: true)
        case .cut, .torn: crash(keepingUnsynced: random.draw(below: unsyncedWrites + 1))
        }
        return self
    }

    func copyNow() -> (any SimulatedStore)? { copy() }
    func settle() {}
}

/// Whose stores a simulated federation uses.
package enum SimulatedStoreKind: Hashable, Sendable {
    case inMemory
    /// RocksDB over disks that forget what was not synced, with scratch files below a folder.
    case rocksDB(below: String)

    /// The kind of that name, with scratch files in memory; nil when there is none.
    package init?(name: String) {
        switch name {
        case "memory": self = .inMemory
        case "rocksdb": self = .rocksDB(below: Self.scratch)
        default: return nil
        }
    }

    /// `memory` or `rocksdb`.
    package var name: String { self == .inMemory ? "memory" : "rocksdb" }

    /// Where scratch files go unless somebody says otherwise.
    package static var scratch: String { ScratchFolder.base }

    func make() throws(StorageError) -> any SimulatedStore {
        switch self {
        case .inMemory: return InMemoryStore()
        case .rocksDB(let base):
            guard let folder = ScratchFolder(below: base) else {
                throw .cannotOpen(path: base, reason: "no scratch folder can be made there")
            }
            return try SimulatedRocksDB(in: folder)
        }
    }
}
