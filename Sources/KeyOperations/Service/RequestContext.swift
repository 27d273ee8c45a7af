import Cluster
package import KeyModel

/// Who asks, through which door, and until when. A value that is passed down.
package struct RequestContext: Sendable {
    /// The caller's name for the call, or one that begins with `ownMark`.
    package var requestID: String
    /// SPIFFE id of the caller, from its certificate.
    package var principal: String
    /// Address of the caller.
    package var source: String
    package var door: String
    /// Monotonic nanoseconds at which the call arrived.
    package var receivedAt: UInt64
    package var deadline: ContinuousClock.Instant
    /// What the caller has seen already: the answer may not be older.
    package var token: ConsistencyToken?
    /// What is known of the state that the call is answered from.
    package var look = StateLook.local

    /// Names that nodes give begin with it, and no caller may use it (`RequestID`): whoever reads a record sees who
    /// chose the name.
    package static let ownMark: Character = "#"

    /// A name that this node gives.
    package static func ownID(_ name: String) -> String { "\(ownMark)\(name)" }

    package init(
        requestID: String, principal: String, source: String, door: String, receivedAt: UInt64,
        deadline: ContinuousClock.Instant, token: ConsistencyToken? = nil
    ) {
        self.requestID = requestID
        self.principal = principal
        self.source = source
        self.door = door
        self.receivedAt = receivedAt
        self.deadline = deadline
        self.token = token
    }

    /// What is left of the caller's time, at least a millisecond.
    var remaining: Duration { max(.milliseconds(1), deadline - .now) }
}

/// Whether what a node does not find may exist all the same: a moment ago another holder may have made it.
package enum StateLook: Hashable, Sendable {
    /// As it is here: fresh enough to serve what it has, not to say what there is not.
    case local
    /// A quorum was asked after the call came in: what is not here is nowhere.
    case confirmed
    /// No quorum answered in time.
    case unconfirmed
}

/// Where a write stands in its group's log. Opaque to callers: 17 bytes, format, group, index.
package struct ConsistencyToken: Hashable, Sendable {
    package var group: UInt64
    package var index: UInt64

    package init(group: UInt64, index: UInt64) {
        self.group = group
        self.index = index
    }

    package var encoded: [UInt8] { [1] + Self.bigEndian(group) + Self.bigEndian(index) }

    /// Nil for no token; throws `invalidRequest` for bytes that no node gave out.
    package static func decode(_ bytes: [UInt8]) throws(KMSError) -> ConsistencyToken? {
        if bytes.isEmpty { return nil }
        guard bytes.count == 17, bytes[0] == 1 else {
            throw KMSError(.invalidRequest, "the consistency token is malformed")
        }
        let number = { (range: Range<Int>) in bytes[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        return ConsistencyToken(group: number(1..<9), index: number(9..<17))
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}

/// A write's result and where it stands.
package struct Written<Value: Sendable>: Sendable {
    package var value: Value
    package var token: ConsistencyToken

    package init(_ value: Value, token: ConsistencyToken) {
        self.value = value
        self.token = token
    }
}

/// Monotonic nanoseconds, for `RequestContext.receivedAt`.
package func monotonicNow() -> UInt64 { monotonicNanoseconds() }
