import Raft

/// Replicas that were handed leadership and did not take it, because they leave, lack room or have a slow disk. Each
/// try holds writes up for an election timeout, so nobody is asked again at once. Times are nanoseconds, and come from
/// outside.
struct HandoverRefusals {
    private struct Refusal {
        var replica: ReplicaID
        /// How long it is not handed leadership for being preferred.
        var pause: UInt64
        var preferredFrom: UInt64
        var willingFrom: UInt64
        var urgentFrom: UInt64
    }

    /// Of each replica the last one.
    private var known: [Refusal] = []

    /// The replica did not take it. Each time the pause of a preferred one is twice as long as before: it may be away
    /// for hours, and nothing is gained by asking it every minute. Who must go asks it within its pause, every few
    /// seconds; that makes it begin again, and no longer.
    mutating func note(_ replica: ReplicaID, at now: UInt64, _ configuration: ShardConfiguration) {
        var pause = configuration.unwillingPause
        if let before = known.first(where: { $0.replica == replica }) {
            let isOver = now >= before.preferredFrom
            pause = isOver ? min(before.pause, configuration.longestUnwillingPause / 2) * 2 : before.pause
        }
        forget(replica)
        let timeout = configuration.tick * UInt64(configuration.electionTicks)
        known.append(
            Refusal(
                replica: replica, pause: pause, preferredFrom: now + pause,
                willingFrom: now + configuration.unwillingPause, urgentFrom: now + 4 * timeout))
    }

    /// It led, or is there again: what it did before says nothing any more.
    mutating func forget(_ replica: ReplicaID) { known.removeAll { $0.replica == replica } }

    /// Whether it may be handed leadership because it is preferred to whoever leads.
    func mayBePreferred(_ replica: ReplicaID, at now: UInt64) -> Bool {
        !known.contains { $0.replica == replica && now < $0.preferredFrom }
    }

    /// Whether it may be asked by a leader that had better not lead.
    func isWilling(_ replica: ReplicaID, at now: UInt64) -> Bool {
        !known.contains { $0.replica == replica && now < $0.willingFrom }
    }

    /// Whether it may be asked by a leader that must go and finds nobody else.
    func mayBeAskedAgain(_ replica: ReplicaID, at now: UInt64) -> Bool {
        !known.contains { $0.replica == replica && now < $0.urgentFrom }
    }
}
