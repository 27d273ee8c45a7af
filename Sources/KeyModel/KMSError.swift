/// The one error above the adapters. `message` is safe to show to the caller; `cause` goes to the log and never to a
/// caller.
package struct KMSError: Error, Sendable, CustomStringConvertible {
    /// Each code has a row in every protocol's mapping; a test holds that.
    package enum Code: String, Sendable, CaseIterable {
        case invalidRequest, ciphertextRejected, unauthenticated, permissionDenied, sovereigntyViolation
        case keyNotFound, alreadyExists, invalidKeyState, generationConflict, quotaExceeded
        case overloaded, noLeader, sealed, auditUnavailable
        /// This node holds the key, but its state was confirmed too long ago to answer from.
        case stale
        /// Proposed, and not known whether committed: repeat with the same idempotency key.
        case outcomeUnknown
        case deadlineExceeded, corruption, unsupported, internalError
    }

    package var code: Code
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { "\(code.rawValue): \(message)" }
}

extension KMSError: Equatable {
    /// Equal codes: so that a test can name the error it expects in one word.
    package static func == (a: KMSError, b: KMSError) -> Bool { a.code == b.code }
}
