/// What can go wrong with the audit. Never carries what a record says.
package enum AuditError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The disk is full or below its reserve. Nothing of the batch may be answered; the log tries again by itself.
    case noSpace
    /// The disk does not take records at present. Nothing of the batch may be answered; the log tries again by itself.
    case unavailable(String)
    /// Too many records wait. Nothing of the batch was taken.
    case overloaded(limit: Int)
    /// The log was closed. Nothing of the batch was taken.
    case closed
    /// Another process writes this log.
    case inUse(path: String)
    /// The directory or a file in it cannot be opened.
    case cannotOpen(path: String, reason: String)
    /// What is on disk does not follow from what was written. A node must not go on from it.
    case damaged(path: String, reason: String)

    package var description: String {
        switch self {
        case .noSpace: "no space left for audit records"
        case .unavailable(let reason): "audit records cannot be made durable: \(reason)"
        case .overloaded(let limit): "more than \(limit) audit records wait to be made durable"
        case .closed: "the audit log is closed"
        case .inUse(let path): "the audit log at \(path) is in use by another process"
        case .cannotOpen(let path, let reason): "cannot open the audit log at \(path): \(reason)"
        case .damaged(let path, let reason): "the audit log at \(path) is damaged: \(reason)"
        }
    }
}
