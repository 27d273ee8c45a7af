/// How a leader makes sure that a read sees every write acknowledged before it.
package enum ReadOnlyOption: Hashable, Sendable {
    /// A round of heartbeats confirms the leadership (Ongaro's thesis, section 6.4). Needs no clock.
    case safe
    /// The leader trusts its lease. Wrong when clocks run at different rates, or stop.
    case leaseBased
}

/// A read may be answered from a state that has applied up to `index`.
package struct ReadState: Hashable, Sendable {
    package var index: LogIndex
    /// What `readIndex(context:)` was called with.
    package var context: [UInt8]

    package init(index: LogIndex, context: [UInt8]) {
        self.index = index
        self.context = context
    }
}

/// Reads of a leader's term that wait for a quorum to confirm the leadership, oldest first.
///
/// Each read has a position, counted from 1 within the term and never given to another one. A heartbeat carries the
/// highest position given out; its answer confirms that read and all before it. So a lost round is repaired by the next
/// one, and a late answer confirms nothing that came after it.
struct ReadQueue {
    struct Waiting {
        var request: Message
        /// The commit index when the request arrived.
        var index: LogIndex
    }

    private var waiting: [Waiting] = []
    private var confirmed: UInt64 = 0
    private var acknowledged: [(replica: ReplicaID, position: UInt64)] = []

    private var issued: UInt64 { confirmed + UInt64(waiting.count) }

    mutating func add(_ request: Message, at index: LogIndex) {
        waiting.append(Waiting(request: request, index: index))
    }

    /// What a heartbeat carries: the highest position that waits, big-endian; empty when none does.
    var heartbeatContext: [UInt8] {
        guard !waiting.isEmpty else { return [] }
        return (0..<8).map { UInt8(truncatingIfNeeded: issued >> (56 - 8 * $0)) }
    }

    /// An answer to a heartbeat. A context that was never sent counts for nothing.
    mutating func acknowledge(from replica: ReplicaID, context: [UInt8]) {
        guard context.count == 8 else { return }
        let position = context.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard position <= issued else { return }
        if let place = acknowledged.firstIndex(where: { $0.replica == replica }) {
            acknowledged[place].position = max(acknowledged[place].position, position)
        } else {
            acknowledged.append((replica, position))
        }
    }

    /// Takes the reads that `quorum` has confirmed.
    mutating func takeConfirmed(by quorum: JointQuorum) -> [Waiting] {
        guard !waiting.isEmpty else { return [] }
        let agreed = quorum.agreed { replica in acknowledged.first { $0.replica == replica }?.position }
        let position = min(agreed, issued)
        guard position > confirmed else { return [] }
        let count = Int(position - confirmed)
        let taken = Array(waiting[..<count])
        waiting.removeFirst(count)
        confirmed = position
        return taken
    }
}
