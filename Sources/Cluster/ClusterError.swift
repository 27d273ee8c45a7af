package import Raft

/// Why the cluster did not do what was asked.
package enum ClusterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The group is not on this node.
    case noSuchGroup(GroupID)
    case groupExists(GroupID)
    /// No leader was found before the deadline; nothing was proposed.
    case noLeader
    /// Proposed, but it is not known whether it took or will take effect.
    case outcomeUnknown
    /// A read could not be confirmed before the deadline.
    case timedOut
    /// Too much is waiting already.
    case overloaded
    /// The disk under this node's store is nearly full.
    case noSpace
    /// The payload exceeds the limit of an entry.
    case tooLarge(bytes: Int, limit: Int)
    /// The group stopped on this node; the text says why.
    case halted(String)
    /// The replica may have lost acknowledged state and takes no part.
    case quarantined(String)
    /// The request does not fit the state of the group.
    case refused(String)
    /// The disk refused.
    case storage(String)
    case shuttingDown

    package var description: String {
        switch self {
        case .noSuchGroup(let group): "group \(group.rawValue) is not on this node"
        case .groupExists(let group): "group \(group.rawValue) is on this node already"
        case .noLeader: "the group has no leader"
        case .outcomeUnknown: "the outcome of the write is not known"
        case .timedOut: "the group did not confirm in time"
        case .overloaded: "too many writes are waiting"
        case .noSpace: "the disk under the store is nearly full"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes exceed an entry's limit of \(limit)"
        case .halted(let reason): "the group stopped on this node: \(reason)"
        case .quarantined(let reason): "this replica is quarantined: \(reason)"
        case .refused(let reason): reason
        case .storage(let reason): reason
        case .shuttingDown: "the node is shutting down"
        }
    }
}
