import GRDB

/// What a failed write means for the log.
enum AuditFailure: Hashable, Sendable {
    /// Wait for space.
    case noSpace
    /// Try again.
    case transient(String)
    /// The kernel may have dropped what it could not write and report success next time (Rebello et al., USENIX ATC
    /// 2020): the process must end, and look at its disk with fresh eyes.
    case fatal(String)

    init(_ error: any Error) {
        switch error {
        case let error as DatabaseError: self.init(database: error)
        case let error as AuditError:
            switch error {
            case .noSpace: self = .noSpace
            case .damaged: self = .fatal(error.description)
            default: self = .transient(error.description)
            }
        default: self = .transient("unexpected error of type \(type(of: error))")
        }
    }

    private init(database error: DatabaseError) {
        // The message may quote SQL and paths but no values: arguments are not in it.
        let text = "\(error.extendedResultCode): \(error.message ?? "no message")"
        switch error.resultCode {
        case .SQLITE_FULL: self = .noSpace
        case .SQLITE_IOERR:
            // The shared memory file cannot grow: the disk is full.
            self = error.extendedResultCode == .SQLITE_IOERR_SHMSIZE ? .noSpace : .fatal(text)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .fatal(text)
        default: self = .transient(text)
        }
    }

    /// What the callers of the batch are told.
    var error: AuditError {
        switch self {
        case .noSpace: .noSpace
        case .transient(let reason), .fatal(let reason): .unavailable(reason)
        }
    }
}
