import Synchronization

/// This node's epoch keys, by placement and epoch: on disk sealed, in two copies, and in locked memory. Thread-safe.
/// `put` and `remove` block on the disk and the seal: never on an event loop. `get` and `list` read memory.
package final class EpochStore: Sendable {
    /// The two copies inside the store's directory.
    package static let fileNames = ["epoch-keys.sealed", "epoch-keys.second.sealed"]

    private let cluster: [UInt8]
    private let replica: UInt64
    private let paths: [String]
    private let seal: any Seal
    private let entries: Mutex<[EpochID: StoredEpoch]>
    /// Generation of the last write. Held for the length of a write.
    private let writer: Mutex<UInt64>

    /// The copy that was damaged or missing at start and was written anew from the other; nil when both were sound.
    package let repairedCopy: String?

    /// Opens the store of `replica` in `directory`, which exists; without any copy the store is new and empty.
    /// Throws `storeDamaged`, `storeForeign` or `sealRejected` when no copy can be trusted, and then touches nothing.
    package init(
        directory: String, cluster: [UInt8], replica: UInt64, seal: any Seal
    ) throws(CryptoError) {
        guard (1...64).contains(cluster.count) else { throw .invalidInput("cluster id") }
        self.cluster = cluster
        self.replica = replica
        self.seal = seal
        paths = Self.fileNames.map { directory + "/" + $0 }
        let found = try Self.load(paths, cluster: cluster, replica: replica, seal: seal)
        entries = Mutex(found.entries)
        writer = Mutex(found.generation)
        repairedCopy = found.stale
        if found.stale != nil { try save(found.entries, generation: found.generation) }
    }

    /// Stores an epoch key and returns the receipt once both copies are on disk. Storing the same key again is
    /// harmless;
    /// another key for the same epoch throws `epochConflict`.
    package func put(
        _ key: borrowing SecretBytes, placement: String, epoch: UInt32
    ) throws(CryptoError) -> EpochReceipt {
        guard PlacementName.isValid(placement.utf8) else { throw .invalidInput("placement name") }
        let id = EpochID(placement: placement, epoch: epoch)
        let check = try EpochCheck.value(of: key, cluster: cluster, placement: placement, epoch: epoch)
        let stored = StoredEpoch(key: try SharedSecret(copying: key), checkValue: check)
        try change { (entries) throws(CryptoError) in
            if let known = entries[id] {
                guard known.key.bytes.constantTimeEquals(stored.key.bytes) else {
                    throw .epochConflict(placement: placement, epoch: epoch)
                }
                return false
            }
            entries[id] = stored
            return true
        }
        return try EpochReceipt(
            cluster: cluster, placement: placement, epoch: epoch, replica: replica, checkValue: check)
    }

    /// The key of an epoch, or nil when this node does not hold it.
    package func get(placement: String, epoch: UInt32) -> SharedSecret? {
        entries.withLock { $0[EpochID(placement: placement, epoch: epoch)]?.key }
    }

    /// Forgets an epoch key on disk and in memory; it is wiped when its last user lets go. False when it was not held.
    package func remove(placement: String, epoch: UInt32) throws(CryptoError) -> Bool {
        try change { (entries) throws(CryptoError) in
            entries.removeValue(forKey: EpochID(placement: placement, epoch: epoch)) != nil
        }
    }

    /// What the store holds, in order, without secrets.
    package func list() -> [EpochListing] {
        entries.withLock { $0.map { EpochListing(id: $0.key, checkValue: $0.value.checkValue) } }
            .sorted { $0.id < $1.id }
    }

    /// Applies a change to a copy, makes it durable, and only then shows it. Returns whether anything changed.
    @discardableResult
    private func change(
        _ body: (inout [EpochID: StoredEpoch]) throws(CryptoError) -> Bool
    ) throws(CryptoError) -> Bool {
        try writer.withLock { (generation) throws(CryptoError) in
            var next = entries.withLock { $0 }
            guard try body(&next) else { return false }
            generation += 1
            try save(next, generation: generation)
            let visible = next
            entries.withLock { $0 = visible }
            return true
        }
    }

    private func save(_ entries: [EpochID: StoredEpoch], generation: UInt64) throws(CryptoError) {
        let file = EpochStoreFile(cluster: cluster, replica: replica, generation: generation)
        let bytes = try file.encode(entries, seal: seal)
        for path in paths {
            try bytes.withRawBytes { (bytes) throws(CryptoError) in try SecretFile.replace(path, with: bytes) }
        }
    }

    private struct Found {
        var entries: [EpochID: StoredEpoch] = [:]
        var generation: UInt64 = 0
        var stale: String?
    }

    /// The newest sound copy. One damaged copy is forgiven, a foreign one never.
    private static func load(
        _ paths: [String], cluster: [UInt8], replica: UInt64, seal: any Seal
    ) throws(CryptoError) -> Found {
        var sound: [(path: String, generation: UInt64, entries: [EpochID: StoredEpoch])] = []
        var unusable: [(path: String, error: CryptoError)] = []
        var missing: [String] = []
        for path in paths {
            do throws(CryptoError) {
                guard let bytes = try SecretFile.read(path, limit: EpochStoreFile.sizeLimit) else {
                    missing.append(path)
                    continue
                }
                let copy = try EpochStoreFile.decode(bytes, cluster: cluster, replica: replica, path: path, seal: seal)
                sound.append((path, copy.file.generation, copy.entries))
            } catch {
                switch error {
                case .storeDamaged, .sealRejected: unusable.append((path, error))
                default: throw error
                }
            }
        }
        guard let best = sound.max(by: { $0.generation < $1.generation }) else {
            if let first = unusable.first { throw first.error }
            return Found()
        }
        let older = sound.first { $0.generation < best.generation }?.path
        return Found(
            entries: best.entries, generation: best.generation, stale: unusable.first?.path ?? missing.first ?? older)
    }
}

extension EpochStore: CustomStringConvertible, CustomReflectable {
    package var description: String { "EpochStore(\(list().count) keys, redacted)" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
