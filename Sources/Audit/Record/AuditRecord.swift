package import KeyModel

/// Whether the rules allowed what was asked.
package enum AuditDecision: UInt8, Hashable, Sendable, CaseIterable {
    case allow = 1
    case deny = 2
    /// The call ended before any rule was asked, for example because the caller could not be authenticated.
    case undecided = 3
}

/// How a call ended: `ok` or the code of the error that was returned.
package struct AuditOutcome: RawRepresentable, Hashable, Sendable {
    package var rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The outcome of a call that was refused or failed with this code.
    package init(_ code: KMSError.Code) { self.rawValue = code.rawValue }

    /// The call was answered.
    package static let done = AuditOutcome(rawValue: "ok")
}

/// Where a change stands in its group's log: ties the record to the replicated entry.
package struct AuditedChange: Hashable, Sendable {
    package var group: UInt64
    package var term: UInt64
    package var index: UInt64

    /// The group's number and the entry's term and index.
    package init(group: UInt64, term: UInt64, index: UInt64) {
        self.group = group
        self.term = term
        self.index = index
    }
}

/// One call, as it is proven later: who wanted what, from where, what was decided and why, how it ended, and where it
/// ran.
///
/// Fields are an allow-list. There is none for plaintext, ciphertext, key bytes or tokens. Text longer than
/// `AuditRecordCodec.textLimit` bytes is cut. A record of a placement stays on the nodes of that placement.
package struct AuditRecord: Hashable, Sendable {
    /// Wall clock at the end of the call, in nanoseconds since 1970.
    package var time: Int64
    package var requestID = ""
    /// The caller's SPIFFE id, or what else the door authenticated.
    package var principal = ""
    /// How the caller was authenticated, for example `mtls`.
    package var authentication = ""
    /// The caller's address and port.
    package var source = ""
    /// The door the call came through, for example `grpc` or `kubernetes`.
    package var door = ""
    package var action: String
    package var placement = ""
    package var tenant = ""
    package var keyName = ""
    /// The immutable id of the key, 16 bytes; empty where no key was found or meant.
    package var keyID: [UInt8] = []
    /// Zero where no version is concerned.
    package var keyVersion: UInt32 = 0
    package var decision: AuditDecision
    /// Ids of the policy rules that decided.
    package var rules: [String] = []
    package var outcome: AuditOutcome
    /// A digest of the caller's encryption context; never the context itself.
    package var contextDigest: [UInt8] = []
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    package var latencyNanoseconds: UInt64 = 0
    /// How old the state was that answered. Nil where none was consulted.
    package var freshnessMilliseconds: UInt64?
    /// The node that executed the call: with `region` it proves the place.
    package var node: String
    package var region: String
    /// Set for writes only.
    package var change: AuditedChange?
    /// The state before and after, in a few words such as `enabled -> disabled`.
    package var effect = ""

    /// The fields that every record has; the others are set where they apply.
    package init(
        time: Int64, action: String, decision: AuditDecision, outcome: AuditOutcome, node: String, region: String
    ) {
        self.time = time
        self.action = action
        self.decision = decision
        self.outcome = outcome
        self.node = node
        self.region = region
    }
}
