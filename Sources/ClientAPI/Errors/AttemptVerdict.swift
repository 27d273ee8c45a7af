import UnaryGRPC

/// What a failed attempt means for the call.
enum AttemptVerdict: Equatable {
    /// The answer to the caller, whoever is asked.
    case final
    /// Another holder may do better; this one is fit all the same.
    case elsewhere
    /// Another holder, and leave this one alone for a while.
    case elsewhereAndAvoid

    init(_ status: GRPCStatus) {
        if let name = status.metadata[ErrorMetadata.code], let code = ClientError.Code(rawValue: name) {
            switch code {
            case .noLeader, .outcomeUnknown, .overloaded: self = .elsewhere
            case .stale, .sealed, .auditUnavailable, .unreachable: self = .elsewhereAndAvoid
            case .deadlineExceeded: self = .elsewhere
            default: self = .final
            }
            return
        }
        switch status.code {
        case .unavailable, .deadlineExceeded: self = .elsewhereAndAvoid
        case .resourceExhausted: self = status.wasProcessed ? .final : .elsewhere
        case .cancelled: self = status.wasProcessed ? .final : .elsewhere
        default: self = .final
        }
    }
}
