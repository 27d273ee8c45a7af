package import ClientAPI

extension ChaosCall.Outcome {
    /// What an error says of a call's effect.
    ///
    /// - Parameter mayHaveHappened: whether an attempt was left whose answer did not come or did not count.
    package init(_ error: ClientError, of request: ChaosCall.Request, mayHaveHappened: Bool) {
        let code = error.code.rawValue
        self = Self.isOpen(error.code, request, mayHaveHappened) ? .unknown(code: code) : .refused(code: code)
    }

    private static func isOpen(
        _ code: ClientError.Code, _ request: ChaosCall.Request, _ mayHaveHappened: Bool
    ) -> Bool {
        switch request {
        case .describe, .encrypt, .decrypt, .status, .getPolicy, .list, .get: return false
        case .create, .rotate, .disable, .enable, .setTags, .putPolicy, .put: break
        }
        switch code {
        // A node failed in the middle of it.
        case .outcomeUnknown, .internalError, .corruption: return true
        // Decided where the change stands in the log, for all attempts alike, as they bear one idempotency key.
        case .alreadyExists, .generationConflict, .invalidKeyState, .quotaExceeded, .ciphertextRejected: return false
        // Said of the attempt that got this answer; one before it may still have its effect.
        case .deadlineExceeded, .unreachable, .cancelled, .overloaded, .noLeader, .sealed, .auditUnavailable, .stale,
            .permissionDenied, .unauthenticated, .sovereigntyViolation, .keyNotFound, .invalidRequest, .unsupported:
            return mayHaveHappened
        }
    }
}
