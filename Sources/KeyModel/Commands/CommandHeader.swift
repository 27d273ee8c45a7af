/// What every command carries. All that is not decided by the rows enters here or in the body, before the log.
package struct CommandHeader: Hashable, Sendable {
    /// Milliseconds since 1970 by the proposer's clock. Apply never lets time run back.
    package var proposedAt: Int64
    /// SPIFFE id of the caller, for the audit record.
    package var principal: String
    /// Makes the command safe to repeat.
    package var idempotency: Idempotency?

    package init(proposedAt: Int64, principal: String, idempotency: Idempotency? = nil) {
        self.proposedAt = proposedAt
        self.principal = principal
        self.idempotency = idempotency
    }

    /// What is wrong with it, or nil.
    var problem: String? {
        guard proposedAt >= 0 else { return "the time of a command is before 1970" }
        guard NameRules.isPrintable(principal, 1...PrincipalPattern.longest) else {
            return "the principal must be 1-\(PrincipalPattern.longest) bytes of printable ASCII"
        }
        guard let idempotency else { return nil }
        guard (1...Idempotency.longest).contains(idempotency.key.count) else {
            return "an idempotency key has 1 to \(Idempotency.longest) bytes"
        }
        return (1...Idempotency.longest).contains(idempotency.requestDigest.count)
            ? nil : "a request digest has 1 to \(Idempotency.longest) bytes"
    }
}

/// A caller's promise that requests with one key are one request.
package struct Idempotency: Hashable, Sendable {
    /// Longest key and digest, in bytes.
    package static let longest = 64

    /// Chosen by the caller; his own only, since records are kept per principal.
    package var key: [UInt8]
    /// Digest of what the caller asked. Not of the command: a repeated request draws new ids and wraps.
    package var requestDigest: [UInt8]

    package init(key: [UInt8], requestDigest: [UInt8]) {
        self.key = key
        self.requestDigest = requestDigest
    }
}
