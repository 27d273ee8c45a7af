import Cluster
import KeyModel
import KeyReplication
import Raft

extension KeyService {
    /// Proposes a command until it has one outcome or the time is up. A write whose fate is unknown is proposed again:
    /// its idempotency key gives it one outcome however often it stands in the log.
    func propose(
        _ body: KeyCommand.Body, at runtime: PlacementRuntime, principal: String, idempotency: Idempotency,
        deadline: ContinuousClock.Instant
    ) async throws(KMSError) -> Written<CommandOutcome> {
        let command = KeyCommand(
            body, header: CommandHeader(proposedAt: wallClock(), principal: principal, idempotency: idempotency))
        let payload = KeyCommandCodec.encode(command)
        let applied = try await Self.submit(payload, to: runtime.group, of: cluster, deadline: deadline)
        guard let outcome = applied.outcome as? CommandOutcome else {
            throw KMSError(.internalError, "the write had an outcome of another kind")
        }
        if let refusal = outcome.refusal { throw refusal }
        return Written(
            outcome, token: ConsistencyToken(group: runtime.group.rawValue, index: applied.position.index.rawValue))
    }

    /// As `propose`, for payloads of any group.
    static func submit(
        _ payload: [UInt8], to group: GroupID, of cluster: ClusterNode, deadline: ContinuousClock.Instant
    )
        async throws(KMSError) -> AppliedProposal
    {
        var wasProposed = false
        while true {
            let remaining = deadline - .now
            guard remaining > .zero else {
                throw wasProposed
                    ? KMSError(
                        .outcomeUnknown,
                        "the write was proposed, but its outcome is not known: repeat it with the same idempotency key")
                    : KMSError(.noLeader, "the group has no leader now")
            }
            do {
                // A leader that died takes the proposal with it; a short try notices and repeats it.
                return try await cluster.propose(payload, to: group, timeout: min(remaining, .seconds(2)))
            } catch .outcomeUnknown {
                wasProposed = true
            } catch .noLeader, .overloaded {
                try? await Task.sleep(for: .milliseconds(20))
            } catch {
                throw kmsError(error, wasProposed: wasProposed)
            }
        }
    }

    static func kmsError(_ error: ClusterError, wasProposed: Bool) -> KMSError {
        switch error {
        case .noSuchGroup, .halted, .quarantined:
            KMSError(.noLeader, "this node does not serve the group now", cause: error)
        case .outcomeUnknown: KMSError(.outcomeUnknown, "the outcome of the write is not known", cause: error)
        case .tooLarge: KMSError(.invalidRequest, "the request is too large", cause: error)
        case .overloaded: KMSError(.overloaded, "too many writes are waiting", cause: error)
        case .noLeader, .timedOut: KMSError(.noLeader, "the group has no leader now", cause: error)
        case .shuttingDown:
            KMSError(wasProposed ? .outcomeUnknown : .noLeader, "the node is shutting down", cause: error)
        case .refused, .groupExists: KMSError(.invalidKeyState, "\(error)", cause: error)
        case .noSpace:
            KMSError(
                wasProposed ? .outcomeUnknown : .overloaded,
                "the disk of this node is nearly full, and it takes no writes", cause: error)
        case .storage: KMSError(.overloaded, "the node's disk refuses writes", cause: error)
        }
    }

    /// The caller's idempotency key, or a fresh one that lets the node itself repeat the write.
    func idempotency(_ key: [UInt8], request: some Sequence<UInt8>) throws(KMSError) -> Idempotency {
        let digest = try RequestDigest.make(request)
        if !key.isEmpty { return Idempotency(key: key, requestDigest: digest) }
        do {
            return Idempotency(key: try random(16), requestDigest: digest)
        } catch {
            throw KMSError(.internalError, "no random bytes could be drawn", cause: error)
        }
    }
}
