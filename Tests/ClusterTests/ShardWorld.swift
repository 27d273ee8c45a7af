import Cluster
import Peering
import Raft
import Storage
import Synchronization
import Wire

/// Collects what a shard sends, until the world delivers it.
final class RecordingOutbox: ShardOutbox {
    var sent: [(to: ReplicaID, frames: [PeerFrame])] = []
    func send(_ frames: [PeerFrame], to replica: ReplicaID) { sent.append((replica, frames)) }
    func answer(_ completions: [@Sendable () -> Void]) { for completion in completions { completion() } }
}

/// A map of strings: `key=value` writes, and the outcome is what stood there before.
final class NotebookMachine: ReplicatedStateMachine {
    /// Replicas that may not join.
    var banned: [ReplicaID] = []
    /// The rows that decide on members cannot be read.
    var isDamaged = false
    var rows: [String: String] = [:]

    func apply(_ payload: [UInt8], at position: LogPosition, to tables: inout TableTransaction) -> ApplyResult {
        let text = String(decoding: payload, as: UTF8.self)
        guard let split = text.firstIndex(of: "=") else { return .halt("not a command: \(text)") }
        let key = Array(text[..<split].utf8)
        let before = tables.value(for: key) ?? []
        tables.put(Array(text[text.index(after: split)...].utf8), for: key)
        if text.hasPrefix("poison=") { return .halt("poisoned after a row was written") }
        return .outcome(before)
    }

    func admits(_ change: MembershipProposal, in tables: inout TableTransaction) -> Bool? {
        isDamaged ? nil : !change.added.contains(where: banned.contains)
    }

    func didCommit(_ changes: TableChanges, at position: LogPosition) {
        for write in changes.writes {
            rows[String(decoding: write.key, as: UTF8.self)] = write.value.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    func didLoad(_ table: any TableReader, at position: LogPosition) {
        rows = [:]
        for row in (try? table.rows(withPrefix: [], after: nil, limit: 10_000)) ?? [] {
            rows[String(decoding: row.key, as: UTF8.self)] = String(decoding: row.value, as: UTF8.self)
        }
    }
}

/// What a completion said, once it has.
final class Answer<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)
    var value: Value? { state.withLock { $0 } }
    func set(_ value: Value) { state.withLock { $0 = value } }
}

/// Several shards in one thread and virtual time: every frame, crash and cut is the test's own doing.
final class ShardWorld {
    final class Member {
        let replica: ReplicaID
        var store: InMemoryStore
        var outbox = RecordingOutbox()
        var core: ShardCore<RecordingOutbox>
        var machines: [GroupID: NotebookMachine] = [:]
        var isUp = true
        /// How long each of its synced writes takes, as far as its shard is told; nil: it is told nothing.
        var syncTime: UInt64?
        var lastSync: UInt64?

        init(replica: ReplicaID, store: InMemoryStore, core: ShardCore<RecordingOutbox>, outbox: RecordingOutbox) {
            self.replica = replica
            self.store = store
            self.core = core
            self.outbox = outbox
        }
    }

    static let group = GroupID(7)
    var now: UInt64 = 1_000_000_000
    var members: [ReplicaID: Member] = [:]
    var cut: Set<[ReplicaID]> = []
    var notices: [ReplicaID: [ShardNotice]] = [:]
    var adjust: (inout ShardConfiguration) -> Void
    /// Frames, by receiver, that stay under way in `late`.
    var holds: (ReplicaID, PeerFrame) -> Bool = { _, _ in false }
    var late: [(to: ReplicaID, frame: PeerFrame)] = []
    /// Snapshots wait in `dispatches` until the test carries them.
    var holdsSnapshots = false
    var dispatches: [(dispatch: SnapshotDispatch, sender: Member)] = []

    init(replicas: [UInt64], voters: [UInt64]? = nil, adjust: @escaping (inout ShardConfiguration) -> Void = { _ in })
        throws
    {
        self.adjust = adjust
        for number in replicas {
            let replica = ReplicaID(number << 16 | 1)
            let store = InMemoryStore()
            try store.initialize(
                StoreIdentity(
                    cluster: [1], node: UInt16(number), incarnation: 1,
                    store: Array(repeating: UInt8(number), count: 16)))
            members[replica] = boot(replica, store: store)
        }
        let membership = Membership(voters: (voters ?? replicas).map { ReplicaID($0 << 16 | 1) })
        for member in all where membership.voters.contains(member.replica) { create(membership, on: member) }
    }

    var all: [Member] { members.values.sorted { $0.replica < $1.replica } }
    var up: [Member] { all.filter(\.isUp) }

    private func boot(_ replica: ReplicaID, store: InMemoryStore) -> Member {
        var configuration = ShardConfiguration(
            replica: replica, seed: replica.rawValue, session: replica.rawValue &+ now)
        adjust(&configuration)
        let outbox = RecordingOutbox()
        let core = ShardCore(configuration: configuration, store: store, outbox: outbox) { error in
            preconditionFailure("the store failed: \(error)")
        }
        return Member(replica: replica, store: store, core: core, outbox: outbox)
    }

    func create(_ membership: Membership, on member: Member, as group: GroupID = ShardWorld.group) {
        let machine = NotebookMachine()
        member.machines[group] = machine
        let specification = GroupSpecification(group: group, membership: membership)
        turn(member, [.createGroup(specification, machine) { _ in }])
    }

    func turn(_ member: Member, _ events: [ShardEvent] = []) {
        guard member.isUp else { return }
        let effects = member.core.turn(events, now: now, lastSync: member.lastSync)
        member.lastSync = effects.syncs > 0 ? member.syncTime : nil
        for completion in effects.completions { completion() }
        notices[member.replica, default: []] += effects.notices
        for dispatch in effects.snapshots {
            if holdsSnapshots { dispatches.append((dispatch, member)) } else { transfer(dispatch, from: member) }
        }
    }

    /// Carries a snapshot to its receiver at once.
    func transfer(_ dispatch: SnapshotDispatch, from sender: Member) {
        var delivered = false
        if let receiver = members[dispatch.to], receiver.isUp, !cut.contains([sender.replica, dispatch.to].sorted()) {
            let offered = Answer<Result<UInt64, ClusterError>>()
            turn(receiver, [.snapshotOffer(dispatch.offer) { offered.set($0) }])
            if case .success(var next)? = offered.value {
                while let chunk = try? dispatch.source.chunk(next) {
                    let accepted = Answer<Result<UInt64, ClusterError>>()
                    turn(receiver, [.snapshotChunk(dispatch.offer, chunk) { accepted.set($0) }])
                    guard case .success(let following)? = accepted.value else { break }
                    next = following
                    if chunk.isLast {
                        delivered = true
                        break
                    }
                }
            }
        }
        turn(sender, [.snapshotSent(dispatch.offer.group, to: dispatch.to, succeeded: delivered)])
    }

    /// Delivers everything that is under way, again and again until nothing is.
    func settle() {
        for _ in 0..<200 {
            var deliveries: [(from: ReplicaID, to: ReplicaID, frames: [PeerFrame])] = []
            for member in all {
                for item in member.outbox.sent {
                    late += item.frames.filter { holds(item.to, $0) }.map { (item.to, $0) }
                    deliveries.append((member.replica, item.to, item.frames.filter { !holds(item.to, $0) }))
                }
                member.outbox.sent = []
            }
            if deliveries.isEmpty { return }
            for delivery in deliveries where !cut.contains([delivery.from, delivery.to].sorted()) {
                if let member = members[delivery.to] { turn(member, [.frames(delivery.frames)]) }
            }
        }
    }

    /// Lets virtual time pass in ticks of 10 ms.
    func run(milliseconds: Int, until condition: () -> Bool = { false }) {
        for _ in 0..<max(1, milliseconds / 10) {
            now += 10_000_000
            for member in up { turn(member) }
            settle()
            if condition() { return }
        }
    }

    var leader: Member? { leader(of: Self.group) }

    func leader(of group: GroupID) -> Member? {
        up.first { $0.core.status(of: group).map { $0.isLeader && $0.stopped == nil } ?? false }
    }

    @discardableResult
    func elect() -> Member? {
        run(milliseconds: 10_000) { leader != nil }
        return leader
    }

    func write(_ text: String, at member: Member, within milliseconds: Int = 3_000) -> Result<
        AppliedProposal, ClusterError
    >? {
        let answer = Answer<Result<AppliedProposal, ClusterError>>()
        let deadline = now + UInt64(milliseconds) * 1_000_000
        turn(member, [.propose(Self.group, Array(text.utf8), deadline: deadline) { answer.set($0) }])
        settle()
        run(milliseconds: milliseconds + 200) { answer.value != nil }
        return answer.value
    }

    func crash(_ member: Member, seenByPeers: Bool = true) {
        member.isUp = false
        member.outbox.sent = []
        if seenByPeers { for other in up { turn(other, [.peerDown(member.replica, died: true)]) } }
    }

    /// Starts a crashed member from its disk, which lost what was not synced.
    func restart(_ member: Member) throws {
        member.store.crash(losingUnsynced: true)
        let fresh = boot(member.replica, store: member.store)
        let machine = NotebookMachine()
        fresh.machines[Self.group] = machine
        _ = try fresh.core.load { _ throws(ClusterError) in (machine, []) }
        members[member.replica] = fresh
    }
}
