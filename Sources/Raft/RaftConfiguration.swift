/// How one replica of one group behaves. Sizes are in bytes, times in ticks of the driver.
package struct RaftConfiguration: Hashable, Sendable {
    package var replica: ReplicaID
    /// A follower campaigns after this many ticks without its leader, plus a random part of up to as many again.
    package var electionTicks: Int
    package var heartbeatTicks: Int
    /// Limit of the entries in one append.
    package var maxSizePerMessage: UInt64
    /// Limit of the committed entries handed out and not yet applied. Zero takes `maxSizePerMessage`.
    package var maxCommittedSizePerReady: UInt64
    /// Limit of the payloads proposed and not committed; zero means no limit. One proposal always passes.
    package var maxUncommittedSize: UInt64
    /// Appends under way to one follower.
    package var maxInflightMessages: Int
    /// Payload bytes under way to one follower; zero means no limit.
    package var maxInflightBytes: UInt64
    /// The index the state machine has applied, after a restart.
    package var applied: LogIndex
    /// Writes are asked for by messages to `ReplicaID.appendThread` and `.applyThread` instead of `advance`.
    package var asyncStorageWrites: Bool
    /// Ask before an election whether it could be won (Ongaro's thesis, section 9.6).
    package var preVote: Bool
    /// A leader that does not hear from a quorum steps down, and a follower that hears its leader ignores elections
    /// (Ongaro's thesis, sections 6.2 and 4.2.3).
    package var checkQuorum: Bool
    /// `leaseBased` needs `checkQuorum`.
    package var readOnly: ReadOnlyOption
    /// A leader steps down when it is removed or demoted.
    package var stepDownOnRemoval: Bool
    /// Proposed membership changes enter the log even when they do not fit the present configuration.
    package var disableConfigurationValidation: Bool
    /// Followers refuse proposals instead of forwarding them.
    package var disableProposalForwarding: Bool
    /// Seed of the election timeouts. Replicas of a group need different ones.
    package var seed: UInt64

    package init(
        replica: ReplicaID, electionTicks: Int = 10, heartbeatTicks: Int = 1, maxSizePerMessage: UInt64 = 1 << 20,
        maxCommittedSizePerReady: UInt64 = 0, maxUncommittedSize: UInt64 = 16 << 20, maxInflightMessages: Int = 256,
        maxInflightBytes: UInt64 = 4 << 20, applied: LogIndex = .zero, asyncStorageWrites: Bool = false,
        preVote: Bool = true, checkQuorum: Bool = true, readOnly: ReadOnlyOption = .safe,
        stepDownOnRemoval: Bool = true, disableConfigurationValidation: Bool = false,
        disableProposalForwarding: Bool = false, seed: UInt64 = 0
    ) {
        self.replica = replica
        self.electionTicks = electionTicks
        self.heartbeatTicks = heartbeatTicks
        self.maxSizePerMessage = maxSizePerMessage
        self.maxCommittedSizePerReady = maxCommittedSizePerReady
        self.maxUncommittedSize = maxUncommittedSize
        self.maxInflightMessages = maxInflightMessages
        self.maxInflightBytes = maxInflightBytes
        self.applied = applied
        self.asyncStorageWrites = asyncStorageWrites
        self.preVote = preVote
        self.checkQuorum = checkQuorum
        self.readOnly = readOnly
        self.stepDownOnRemoval = stepDownOnRemoval
        self.disableConfigurationValidation = disableConfigurationValidation
        self.disableProposalForwarding = disableProposalForwarding
        self.seed = seed
    }

    /// Whether a core can run with it.
    package var isValid: Bool {
        replica != .none && !replica.isStorageThread && heartbeatTicks > 0 && electionTicks > heartbeatTicks
            && maxInflightMessages > 0 && (maxInflightBytes == 0 || maxInflightBytes >= maxSizePerMessage)
            && (readOnly == .safe || checkQuorum)
    }

    var inflightLimits: InflightLimits { InflightLimits(messages: maxInflightMessages, bytes: maxInflightBytes) }
    var applyingLimit: UInt64 {
        let limit = maxCommittedSizePerReady == 0 ? maxSizePerMessage : maxCommittedSizePerReady
        return max(limit, 1)
    }
}
