package import UnaryGRPC

/// What a call of `ClavigerClient` throws.
package struct ClientError: Error, Sendable, CustomStringConvertible {
    /// The stable names that nodes send as `claviger-code`, and `unreachable` for what only a client sees.
    package enum Code: String, Sendable, CaseIterable {
        case invalidRequest, ciphertextRejected, unauthenticated, permissionDenied, sovereigntyViolation
        case keyNotFound, alreadyExists, invalidKeyState, generationConflict, quotaExceeded
        case overloaded, noLeader, sealed, auditUnavailable, stale, outcomeUnknown
        case deadlineExceeded, corruption, unsupported, internalError
        /// No node that may serve the call answered.
        case unreachable
        case cancelled
    }

    package var code: Code
    package var message: String
    /// Where the call is allowed, for a sovereignty refusal: `host:port` each.
    package var endpoints: [String]

    package init(_ code: Code, _ message: String, endpoints: [String] = []) {
        self.code = code
        self.message = message
        self.endpoints = endpoints
    }

    package var description: String {
        endpoints.isEmpty
            ? "\(code.rawValue): \(message)"
            : "\(code.rawValue): \(message) (allowed: \(endpoints.joined(separator: ", ")))"
    }
}

extension ClientError: Equatable {
    /// Equal codes: so that a test can name the error it expects in one word.
    package static func == (a: ClientError, b: ClientError) -> Bool { a.code == b.code }
}

/// Names of the trailing metadata that carry an error's stable parts.
package enum ErrorMetadata {
    package static let code = "claviger-code"
    package static let endpoints = "claviger-endpoints"
}

extension ClientError {
    /// The error behind a status. A node's own code has the last word; a foreign status is mapped by its gRPC code.
    package init(_ status: GRPCStatus) {
        let endpoints = (status.metadata[ErrorMetadata.endpoints] ?? "").split(separator: ",").map(String.init)
        let code = status.metadata[ErrorMetadata.code].flatMap(Code.init(rawValue:)) ?? Self.code(for: status.code)
        self.init(code, status.message, endpoints: endpoints)
    }

    private static func code(for code: GRPCCode) -> Code {
        switch code {
        case .cancelled: .cancelled
        case .invalidArgument, .outOfRange: .invalidRequest
        case .deadlineExceeded: .deadlineExceeded
        case .notFound: .keyNotFound
        case .alreadyExists: .alreadyExists
        case .permissionDenied: .permissionDenied
        case .resourceExhausted: .overloaded
        case .failedPrecondition: .invalidKeyState
        case .aborted: .generationConflict
        case .unimplemented: .unsupported
        case .unavailable: .unreachable
        case .dataLoss: .corruption
        case .unauthenticated: .unauthenticated
        case .ok, .unknown, .internal: .internalError
        }
    }
}
