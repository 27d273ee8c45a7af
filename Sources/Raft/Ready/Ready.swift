/// What a replica is in its group.
package enum Role: UInt8, Hashable, Sendable {
    case follower = 0
    case candidate = 1
    case leader = 2
    case preCandidate = 3
}

/// State that is lost with the process.
package struct SoftState: Hashable, Sendable {
    /// `none` when unknown.
    package var leader: ReplicaID
    package var role: Role

    package init(leader: ReplicaID, role: Role) {
        self.leader = leader
        self.role = role
    }
}

/// What the driver has to do now.
///
/// In synchronous mode: write `hardState`, `entries` and `snapshot` (durably when `mustSync`), then send `messages`,
/// apply `committedEntries`, and call `advance`. With asynchronous storage writes the same work is in `messages`,
/// addressed to `ReplicaID.appendThread` and `.applyThread`: do what they ask, then deliver their `responses`; the
/// other messages may leave at once. Each thread's messages are done in order.
package struct Ready: Hashable, Sendable {
    /// Set when it changed.
    package var softState: SoftState?
    /// Set when it changed.
    package var hardState: HardState?
    /// Reads that may be answered once their index is applied.
    package var readStates: [ReadState] = []
    /// To be written.
    package var entries: [LogEntry] = []
    /// To be installed.
    package var snapshot: Snapshot?
    /// To be applied.
    package var committedEntries: [LogEntry] = []
    /// To be sent.
    package var messages: [Message] = []
    /// Whether the write has to be durable before the messages leave.
    package var mustSync = false

    package init() {}
}
