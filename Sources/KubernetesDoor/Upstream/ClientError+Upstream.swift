import ClientAPI

extension UpstreamError {
    /// What a client's error means for the plugin. The text is the node's own, which holds no secret.
    init(_ error: ClientError) {
        self.init(Self.kind(of: error.code), error.description)
    }

    /// The same for an encryption with a pinned version: the state that does not allow it is first of all the
    /// version's.
    init(ofEncrypt error: ClientError) {
        self.init(error)
        if error.code == .invalidKeyState { kind = .versionRetired }
    }

    private static func kind(of code: ClientError.Code) -> Kind {
        switch code {
        case .permissionDenied, .sovereigntyViolation: .refused
        case .keyNotFound: .notFound
        case .invalidKeyState: .disabled
        case .ciphertextRejected: .rejectedCiphertext
        case .deadlineExceeded: .deadline
        case .invalidRequest, .alreadyExists, .generationConflict, .unsupported: .invalid
        // A certificate that a node does not take may be about to be renewed; nothing is known of the key.
        case .unauthenticated: .unavailable
        case .unreachable, .noLeader, .stale, .sealed, .overloaded, .quotaExceeded, .auditUnavailable, .outcomeUnknown,
            .corruption, .internalError, .cancelled:
            .unavailable
        }
    }
}
