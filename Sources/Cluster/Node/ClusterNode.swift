package import Peering
package import Raft
package import Storage
import Synchronization
import Wire

/// A node's part in every group it holds: proposals, reads, membership, snapshots, and the peers it trusts to be
/// themselves.
///
/// The thread-safe face of one shard. Nothing here knows what the groups replicate.
package final class ClusterNode: Sendable {
    package let identity: StoreIdentity
    package let network: any PeerNetwork
    /// This node in every group it belongs to.
    package var replica: ReplicaID { identity.replica }
    private let shard: GroupShard<NetworkOutbox>
    private let gauges = Mutex<[GroupID: GroupGauge]>([:])
    let peers: PeerLedger
    private let initialGroups: [StoredGroup]
    private let observer: @Sendable (ShardNotice) -> Void
    private let snapshots: SnapshotSender
    /// What looks at the disk under the store; nil where nobody said which that is.
    package let space: SpaceWatch?
    let gate = GroupGate()

    /// Takes over an initialised store. `machineFor` makes the state machine of each group found on disk and says who
    /// should lead it; `volume` is the disk that must not run full; `observer` hears what an operator wants to read;
    /// `fatal` must end the process.
    package init(
        configuration: ShardConfiguration, store: sending any NodeStore, volume: StoreVolume? = nil,
        network: any PeerNetwork,
        machineFor: (StoredGroup) throws(ClusterError) -> (any ReplicatedStateMachine, [ReplicaID]),
        observer: @escaping @Sendable (ShardNotice) -> Void, fatal: @escaping @Sendable (StorageError) -> Void
    ) throws(ClusterError) {
        guard let identity = store.identity else { throw .refused("the store has no identity yet") }
        self.identity = identity
        self.network = network
        self.observer = observer
        do {
            peers = PeerLedger(own: identity.replica, facts: try store.facts(withPrefix: PeerLedger.prefix))
            initialGroups = try store.groups()
        } catch {
            throw .storage("\(error)")
        }
        // SAFETY: used here until the shard has it, and by the shard's thread alone once that starts.
        nonisolated(unsafe) let core = ShardCore(
            configuration: configuration, store: store, outbox: NetworkOutbox(network: network, gate: gate),
            fatal: fatal)
        let loaded = try core.load(machineFor: machineFor)
        gauges.withLock { gauges in for gauge in loaded { gauges[gauge.group] = gauge } }
        let inbox = LateInbox()
        snapshots = SnapshotSender(network: network, gate: gate) { inbox.post($0) }
        let sender = snapshots
        shard = GroupShard(core: core) { effects in
            for completion in effects.completions { completion() }
            for notice in effects.notices { observer(notice) }
            for dispatch in effects.snapshots { sender.send(dispatch) }
        }
        inbox.attach(shard)
        space = volume.map { SpaceWatch($0) { inbox.post(.space($0)) } }
        serveSnapshots()
    }

    /// Starts the shard's thread. Call once, before the network starts.
    package func start() {
        // First of all, so that a node that starts on a full disk takes nothing.
        space?.begin()
        shard.start()
    }

    /// Ends the shard's thread and closes the store. Waiting callers are answered first. Blocks.
    package func stop() {
        space?.stop()
        shard.stop()
    }

    /// The groups that were on disk when the node started.
    package var storedGroups: [StoredGroup] { initialGroups }

    /// The group's published condition; nil when this node does not hold it.
    package func gauge(of group: GroupID) -> GroupGauge? { gauges.withLock { $0[group] } }
    package var allGauges: [GroupGauge] { gauges.withLock { $0.values.sorted { $0.group < $1.group } } }

    func post(_ event: sending ShardEvent) { shard.post(event) }

    /// Lets a guard decide which peers get a group's bytes and which groups this node takes in. Set before `start`.
    package func guardGroups(by rule: any GroupGuard) { gate.setRule(rule) }

    /// What the guard has held back since the start.
    package var withheldFrames: WithheldFrames { gate.withheld }

    // MARK: Groups

    package func createGroup(_ specification: GroupSpecification, machine: sending any ReplicatedStateMachine)
        async
        throws(ClusterError) -> GroupGauge
    {
        let handover = Handover(machine)
        let result: Result<GroupGauge, ClusterError> = await withCheckedContinuation { continuation in
            shard.post(.createGroup(specification, handover.machine) { continuation.resume(returning: $0) })
        }
        let gauge = try result.get()
        gauges.withLock { $0[specification.group] = gauge }
        return gauge
    }

    package func removeGroup(_ group: GroupID) async throws(ClusterError) {
        let error: ClusterError? = await withCheckedContinuation { continuation in
            shard.post(.removeGroup(group) { continuation.resume(returning: $0) })
        }
        gauges.withLock { $0[group] = nil }
        if let error { throw error }
    }

    /// Says which replicas should lead a group, best first.
    package func preferLeaders(_ replicas: [ReplicaID], of group: GroupID) {
        shard.post(.preferLeaders(group, replicas))
    }

    // MARK: Writes

    /// Proposes a command and waits until it is applied here. A failure after it was proposed is `outcomeUnknown`.
    package func propose(_ payload: [UInt8], to group: GroupID, timeout: Duration) async throws(ClusterError)
        -> AppliedProposal
    {
        let deadline = monotonicNanoseconds() + timeout.nanoseconds
        let result: Result<AppliedProposal, ClusterError> = await withCheckedContinuation { continuation in
            shard.post(.propose(group, payload, deadline: deadline) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    /// As `propose`, for callers that have no task. The completion comes on the shard's thread and must return at once.
    package func propose(
        _ payload: [UInt8], to group: GroupID, timeout: Duration, completion: @escaping ProposalCompletion
    ) {
        shard.post(.propose(group, payload, deadline: monotonicNanoseconds() + timeout.nanoseconds, completion))
    }

    /// Changes the members of a group. Returns whether the state machine admitted it.
    package func changeMembership(_ change: MembershipChange, of group: GroupID, timeout: Duration)
        async
        throws(ClusterError) -> Bool
    {
        let deadline = monotonicNanoseconds() + timeout.nanoseconds
        let result: Result<AppliedProposal, ClusterError> = await withCheckedContinuation { continuation in
            shard.post(.changeMembership(group, change, deadline: deadline) { continuation.resume(returning: $0) })
        }
        return try result.get().outcome as? Bool ?? false
    }

    /// Hands the group's leadership to `target`, or to the best successor when it is nil. Only a leader can.
    package func transferLeadership(of group: GroupID, to target: ReplicaID?) async throws(ClusterError) {
        let error: ClusterError? = await withCheckedContinuation { continuation in
            shard.post(.transferLeadership(group, to: target) { continuation.resume(returning: $0) })
        }
        if let error { throw error }
    }

    /// Has every replica compare the digest of its rows with this leader's. Returns the digest they agree on.
    package func verifyDigests(of group: GroupID, timeout: Duration) async throws(ClusterError) -> [UInt8] {
        let deadline = monotonicNanoseconds() + timeout.nanoseconds
        let result: Result<AppliedProposal, ClusterError> = await withCheckedContinuation { continuation in
            shard.post(.verifyDigests(group, deadline: deadline) { continuation.resume(returning: $0) })
        }
        guard let digest = try result.get().outcome as? [UInt8] else { throw .refused("no digest was compared") }
        return digest
    }

    // MARK: Reads

    /// Waits until everything that was acknowledged anywhere before the call is applied here (ReadIndex, Ongaro's
    /// thesis 6.4).
    package func barrier(_ group: GroupID, timeout: Duration) async throws(ClusterError) -> LogIndex {
        let deadline = monotonicNanoseconds() + timeout.nanoseconds
        let result: Result<LogIndex, ClusterError> = await withCheckedContinuation { continuation in
            shard.post(.read(group, deadline: deadline) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    /// Waits until `index` is applied here: how a read honours a consistency token.
    package func waitApplied(_ index: LogIndex, of group: GroupID, timeout: Duration) async throws(ClusterError) {
        if let gauge = gauge(of: group), gauge.applied >= index { return }
        let deadline = monotonicNanoseconds() + timeout.nanoseconds
        let result: Result<LogIndex, ClusterError> = await withCheckedContinuation { continuation in
            shard.post(.waitApplied(group, index, deadline: deadline) { continuation.resume(returning: $0) })
        }
        _ = try result.get()
    }

    /// How long ago the group's state here was confirmed by a quorum; nil if never, or if the replica must not serve.
    package func freshness(of group: GroupID) -> Duration? {
        guard let gauge = gauge(of: group), !gauge.isStopped, gauge.freshAt != 0 else { return nil }
        return .nanoseconds(Int64(clamping: monotonicNanoseconds() &- gauge.freshAt))
    }

    /// Every group's condition in full.
    package func statuses() async -> [GroupStatus] {
        await withCheckedContinuation { continuation in
            shard.post(.status { continuation.resume(returning: $0) })
        }
    }

    /// Runs `body` with the store on the shard's thread.
    package func inspect<Value: Sendable>(_ body: @escaping @Sendable (any NodeStore) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            shard.post(.inspect { continuation.resume(returning: body($0)) })
        }
    }

    /// Hands every leadership to another node, takes none from now on, and waits until none is left or `timeout` has
    /// passed.
    package func drain(timeout: Duration) async {
        shard.post(.drain)
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline, allGauges.contains(where: { $0.isLeader && !$0.isStopped }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// May lead again after `drain`.
    package func endDrain() { shard.post(.endDrain) }

    // MARK: Snapshots coming in

    private func serveSnapshots() {
        let shard = shard
        let gate = gate
        network.serve(.snapshotOffer) { peer, bytes in
            let offer = try SnapshotOffer(decoding: bytes)
            guard offer.from == peer.replica else { throw ClusterError.refused("the offer names another sender") }
            guard gate.mayReceive(offer.group, from: peer) else { throw SnapshotSender.outside(offer.group) }
            let next: Result<UInt64, ClusterError> = await withCheckedContinuation { continuation in
                shard.post(.snapshotOffer(offer) { continuation.resume(returning: $0) })
            }
            return SnapshotWire.encode(next: try next.get())
        }
        network.serve(.snapshotChunk) { peer, bytes in
            let (offer, chunk) = try SnapshotWire.decodeChunk(bytes)
            guard offer.from == peer.replica else { throw ClusterError.refused("the chunk names another sender") }
            guard gate.mayReceive(offer.group, from: peer) else { throw SnapshotSender.outside(offer.group) }
            let next: Result<UInt64, ClusterError> = await withCheckedContinuation { continuation in
                shard.post(.snapshotChunk(offer, chunk) { continuation.resume(returning: $0) })
            }
            return SnapshotWire.encode(next: try next.get())
        }
    }
}

/// The way from the shard to the network.
struct NetworkOutbox: ShardOutbox, Sendable {
    let network: any PeerNetwork
    let gate: GroupGate

    func send(_ frames: [PeerFrame], to replica: ReplicaID) {
        let permitted = gate.outgoing(frames, to: replica)
        if !permitted.isEmpty { network.send(permitted, to: replica) }
    }

    func answer(_ completions: [@Sendable () -> Void]) { for completion in completions { completion() } }
}

/// Carries a state machine to the shard's thread, which alone uses it from then on.
private final class Handover: Sendable {
    // SAFETY: the caller gave the machine up (`sending`), and only the shard's thread reads it afterwards.
    nonisolated(unsafe) let machine: any ReplicatedStateMachine
    init(_ machine: sending any ReplicatedStateMachine) { self.machine = machine }
}

/// Lets the snapshot sender be made before the shard that it reports to.
private final class LateInbox: Sendable {
    private let shard = Mutex<GroupShard<NetworkOutbox>?>(nil)
    func attach(_ shard: GroupShard<NetworkOutbox>) { self.shard.withLock { $0 = shard } }
    func post(_ event: sending ShardEvent) { shard.withLock { $0 }?.post(event) }
}

extension Duration {
    /// Whole nanoseconds, never negative, at most 584 years.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0 else { return 0 }
        let (scaled, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? UInt64.max / 2 : scaled + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
