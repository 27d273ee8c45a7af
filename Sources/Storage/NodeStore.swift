package import Raft

/// Who a store belongs to. Written once, when the store is made; a store with another identity is refused.
package struct StoreIdentity: Hashable, Sendable {
    package var cluster: [UInt8]
    /// The node's number in the topology, 1 to 65535.
    package var node: UInt16
    /// Counts the times this node came back with an empty disk, from 1. With `node` it makes the replica id.
    package var incarnation: UInt16
    /// 16 random bytes drawn when the store was made: tells a wiped disk from the one that was there before.
    package var store: [UInt8]

    package init(cluster: [UInt8], node: UInt16, incarnation: UInt16, store: [UInt8]) {
        self.cluster = cluster
        self.node = node
        self.incarnation = incarnation
        self.store = store
    }

    /// The id of this node's replica in every group it belongs to.
    package var replica: ReplicaID { ReplicaID(UInt64(node) << 16 | UInt64(incarnation)) }
}

/// One group as found on disk.
package struct StoredGroup: Sendable {
    package var group: GroupID
    package var hardState: HardState
    package var membership: Membership
    /// The last position covered by a snapshot; the log begins after it.
    package var truncated: LogPosition
    package var applied: LogPosition
    /// What the layer above keeps about the group (its placement and kind); opaque here.
    package var label: [UInt8]
}

/// What one group wants on disk before its messages may leave. All groups of a turn share one synced batch.
package struct GroupAppend: Sendable {
    package var group: GroupID
    package var hardState: HardState?
    /// Contiguous; replaces every stored entry from the first one's index on.
    package var entries: [LogEntry]
    /// Installs the staged snapshot with this metadata: rows, truncation point, membership and applied position in one
    /// step.
    package var snapshot: SnapshotMetadata?

    package init(
        group: GroupID, hardState: HardState? = nil, entries: [LogEntry] = [], snapshot: SnapshotMetadata? = nil
    ) {
        self.group = group
        self.hardState = hardState
        self.entries = entries
        self.snapshot = snapshot
    }
}

/// What applying entries changed in one group: rows, applied position, and the membership after a configuration entry.
package struct GroupApply: Sendable {
    package var group: GroupID
    package var changes: TableChanges
    package var applied: LogPosition
    package var membership: Membership?

    package init(group: GroupID, changes: TableChanges, applied: LogPosition, membership: Membership? = nil) {
        self.group = group
        self.changes = changes
        self.applied = applied
        self.membership = membership
    }
}

/// Everything a node keeps on disk for consensus: logs, hard states, tables, snapshots of all its groups.
///
/// Confined to the shard's thread. A failed sync is not an error to handle: the implementation ends the process with a
/// clear line, because the kernel may already have dropped the dirty pages (Rebello et al., USENIX ATC 2020).
package protocol NodeStore: AnyObject {
    /// Nil until `initialize`.
    var identity: StoreIdentity? { get }
    /// Makes an empty store this node's. Synced. Throws when the store has an identity already.
    func initialize(_ identity: StoreIdentity) throws(StorageError)

    /// Small node-wide facts, for example which store each peer has. Synced.
    func setFact(_ value: [UInt8]?, for key: [UInt8]) throws(StorageError)
    func fact(for key: [UInt8]) throws(StorageError) -> [UInt8]?
    func facts(withPrefix prefix: [UInt8]) throws(StorageError) -> [(key: [UInt8], value: [UInt8])]

    /// Every group on disk, by id.
    func groups() throws(StorageError) -> [StoredGroup]
    /// Makes a group whose log begins after `position` with the given members, as if from an empty snapshot there.
    /// Synced.
    func createGroup(_ group: GroupID, membership: Membership, at position: LogPosition, label: [UInt8])
        throws(StorageError)
    /// Removes every trace of the group but a tombstone; a later `createGroup` of the same id throws. Synced.
    func removeGroup(_ group: GroupID) throws(StorageError)

    /// The group's log as consensus reads it. The same object for the life of the store.
    func log(of group: GroupID) throws(StorageError) -> any LogReader
    /// The first durable write of a turn: entries, hard states and snapshots of all groups, one batch, one sync. A
    /// commit index that grew promises nothing to anybody: where it alone changed nothing is synced, and a crash may
    /// take it back to what it was at the last synced write.
    func append(_ appends: [GroupAppend]) throws(StorageError)
    /// Rows and applied positions of all groups, one batch, not synced: after a crash the log is applied again. A batch
    /// that changes members is synced: who was removed may lose its disk as soon as somebody sees that it was, and a
    /// replica that went back behind the change would wait for its vote.
    func apply(_ applies: [GroupApply]) throws(StorageError)
    /// Drops the log up to and including `index` (at most the applied index). Synced when it has to be.
    func compact(_ group: GroupID, through index: LogIndex) throws(StorageError)

    /// Rows of the group as of the last `apply`.
    func table(of group: GroupID) throws(StorageError) -> any TableReader
    /// Order-independent digest of all rows of the group: equal rows give equal digests on every replica.
    func digest(of group: GroupID) throws(StorageError) -> [UInt8]

    /// A consistent image of the group's rows at its applied position, read in chunks on any thread.
    func snapshot(of group: GroupID) throws(StorageError) -> any SnapshotSource
    /// Takes the chunks of a snapshot that is to be installed by a later `append`. Resumes where an earlier try ended.
    func stage(_ descriptor: SnapshotDescriptor, for group: GroupID) throws(StorageError) -> any SnapshotStaging
    /// Drops what was staged for the group and not installed.
    func discardStaged(_ group: GroupID) throws(StorageError)

    /// Renews the durable mark outside the database if anything was synced since; to be called about once a second.
    func refreshMark() throws(StorageError)
    /// Lets files be merged in the background where the disk has room for it, and keeps that from using up the rest
    /// where it has not (`CompactionRule`); to be called about once a second.
    func weighCompaction()
    /// How long the last synced writes of entries took, in nanoseconds: the writes alone, the mean of those since the
    /// last call. Nil where there was none, or nobody measures.
    func takeSyncTime() -> UInt64?
    /// Flushes and closes; the store must not be used afterwards.
    func close()
}

extension NodeStore {
    /// A store without a mark has nothing to renew.
    package func refreshMark() throws(StorageError) {}
    /// A store without files has none to merge.
    package func weighCompaction() {}
    /// A store without a disk waits for none.
    package func takeSyncTime() -> UInt64? { nil }
}
