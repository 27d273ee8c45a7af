import ClientAPI
package import KeyModel
import KeyOperations
package import UnaryGRPC

extension KMSError {
    /// The status that a gRPC caller sees: code, safe message, the stable name of the error, and where the call is
    /// allowed.
    package var grpcStatus: GRPCStatus {
        var metadata = [ErrorMetadata.code: code.rawValue]
        if let allowed = cause as? AllowedEndpoints, !allowed.endpoints.isEmpty {
            metadata[ErrorMetadata.endpoints] = allowed.endpoints.joined(separator: ",")
        }
        return GRPCStatus(code.grpcCode, message, metadata: metadata)
    }
}

extension KMSError.Code {
    package var grpcCode: GRPCCode {
        switch self {
        case .invalidRequest, .ciphertextRejected: .invalidArgument
        case .unauthenticated: .unauthenticated
        case .permissionDenied, .sovereigntyViolation: .permissionDenied
        case .keyNotFound: .notFound
        case .alreadyExists: .alreadyExists
        case .invalidKeyState: .failedPrecondition
        case .generationConflict: .aborted
        case .quotaExceeded: .resourceExhausted
        case .overloaded, .noLeader, .sealed, .auditUnavailable, .stale: .unavailable
        case .outcomeUnknown, .deadlineExceeded: .deadlineExceeded
        case .unsupported: .unimplemented
        case .corruption: .dataLoss
        case .internalError: .internal
        }
    }
}
