package import Raft

/// What can go wrong with a node's disk. Never carries row contents.
package enum StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The directory cannot be opened or is in use.
    case cannotOpen(path: String, reason: String)
    /// The store belongs to another cluster or node, or has an identity already.
    case wrongIdentity(String)
    /// Bytes on disk fail their checks. The node must not go on from them.
    case damaged(String)
    /// The store ends before what it is known to have acknowledged: its replicas may not vote again under their ids.
    case lostAcknowledged(String)
    case noSuchGroup(GroupID)
    case groupExists(GroupID)
    /// The group was removed for good.
    case groupRemoved(GroupID)
    /// A chunk or snapshot does not fit what was announced, or fails its checksum.
    case snapshotRejected(String)
    /// The disk is full: nothing was written.
    case noSpace
    /// The disk refused; the process should end.
    case failed(String)

    package var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open the store at \(path): \(reason)"
        case .wrongIdentity(let text): "the store belongs to another node: \(text)"
        case .damaged(let text): "the store is damaged: \(text)"
        case .lostAcknowledged(let text): "the store lost acknowledged state: \(text)"
        case .noSuchGroup(let group): "group \(group.rawValue) is not on this node"
        case .groupExists(let group): "group \(group.rawValue) is already on this node"
        case .groupRemoved(let group): "group \(group.rawValue) was removed from this node"
        case .snapshotRejected(let text): "snapshot refused: \(text)"
        case .noSpace: "no space left on the store's disk"
        case .failed(let text): "the disk failed: \(text)"
        }
    }
}
