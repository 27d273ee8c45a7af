package import Raft
package import Storage
import Wire

/// Many Raft groups on one thread, as one synchronous value: events in, effects out, the disk written inside.
///
/// A turn steps every event, sends what may leave before the disk is synced, writes all groups in one synced batch,
/// sends what had to wait for that, and applies what is committed in one more batch. It awaits nothing and reads no
/// clock, so the simulator drives the same code as the thread does.
package final class ShardCore<Outbox: ShardOutbox> {
    package let configuration: ShardConfiguration
    let store: any NodeStore
    let outbox: Outbox
    /// Ends the process: the disk no longer keeps its word.
    let fatal: (StorageError) -> Void
    /// By group id.
    var groups: [ShardGroup] = []
    let agenda = ShardAgenda()
    var effects = ShardEffects()
    var now: UInt64 = 0
    var isDraining = false
    private var lastTick: UInt64 = 0
    private var lastSweep: UInt64 = 0
    private var lastSecond: UInt64 = 0
    var sequence: UInt64 = 0
    var contextSequence: UInt64 = 0
    /// How much may still be written. Somebody else looks at the disk and tells.
    var space = SpaceLevel.good
    var pace = SyncPace()
    /// Whose entries the last turn wrote.
    var writtenGroups: [GroupID] = []
    /// Until then this node is held to have a slow disk, which others of its groups do not have.
    var slowUntil: UInt64 = 0

    package init(
        configuration: ShardConfiguration, store: any NodeStore, outbox: Outbox, fatal: @escaping (StorageError) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.outbox = outbox
        self.fatal = fatal
    }

    /// Takes up the groups that are on disk. Called once, before the first turn.
    package func load(machineFor: (StoredGroup) throws(ClusterError) -> (any ReplicatedStateMachine, [ReplicaID]))
        throws(ClusterError) -> [GroupGauge]
    {
        do {
            for stored in try store.groups() {
                let (machine, preference) = try machineFor(stored)
                try open(stored, machine: machine, preference: preference)
            }
        } catch let error as ClusterError {
            throw error
        } catch {
            throw .storage("\(error)")
        }
        return groups.map(\.gauge)
    }

    /// Handles `events` as of `now` (monotonic nanoseconds, never less than before) and everything that follows from
    /// them. `lastSync` is how long a synced write of the turn before took; nil if it had none.
    package func turn(_ events: [ShardEvent], now: UInt64, lastSync: UInt64? = nil) -> ShardEffects {
        self.now = max(now, self.now)
        for event in events { handle(event) }
        if let lastSync { noteSync(lastSync) }
        writtenGroups.removeAll(keepingCapacity: true)
        tick()
        pump()
        agenda.clear()
        let result = effects
        effects = ShardEffects()
        return result
    }

    /// When the next turn is due even if nothing happens.
    package var nextTurn: UInt64 { lastTick + configuration.tick }

    func group(_ id: GroupID) -> ShardGroup? {
        var low = 0
        var high = groups.count
        while low < high {
            let middle = (low + high) / 2
            if groups[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < groups.count && groups[low].id == id ? groups[low] : nil
    }

    /// Advances every group's clock. Time that passed while the process was stopped is not made up for: a replica that
    /// slept must first hear from others before it thinks of an election.
    private func tick() {
        if lastTick == 0 { lastTick = now }
        let elapsed = (now - lastTick) / configuration.tick
        if elapsed > 0 {
            lastTick += elapsed * configuration.tick
            for group in groups where group.stopped == nil {
                for _ in 0..<min(elapsed, 3) { group.core.tick() }
            }
        }
        runTimers()
        if now - lastSweep >= 50_000_000 {
            lastSweep = now
            sweepDeadlines()
        }
        if now - lastSecond >= 1_000_000_000 {
            lastSecond = now
            onceASecond()
        }
    }

    func complete(_ completion: @escaping ProposalCompletion, _ result: Result<AppliedProposal, ClusterError>) {
        effects.completions.append { completion(result) }
    }

    func complete(_ completion: @escaping ReadCompletion, _ result: Result<LogIndex, ClusterError>) {
        effects.completions.append { completion(result) }
    }

    /// Runs a store operation whose failure the node must not survive.
    func mustSucceed<Value>(_ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch let error as StorageError {
            fatal(error)
        } catch {
            fatal(.failed("\(error)"))
        }
        return nil
    }

    /// The fact under which a group's quarantine is kept.
    static func quarantineKey(_ group: GroupID) -> [UInt8] {
        var key = Array("quarantine/".utf8)
        key.append(bigEndian: group.rawValue)
        return key
    }

    /// Takes the group out of consensus for good and answers everyone who waits.
    func stop(_ group: ShardGroup, because error: ClusterError) {
        guard group.stopped == nil else { return }
        group.stopped = error
        group.gauge.publishStopped()
        let waiting = group.drainWaiters()
        for proposal in waiting.proposals { complete(proposal.completion, .failure(error)) }
        for read in waiting.reads { complete(read.completion, .failure(error)) }
        switch error {
        case .quarantined(let reason):
            // It outlives the process: a replica that forgot what it acknowledged must not vote after a restart either.
            _ = mustSucceed { try store.setFact(Array(reason.utf8), for: Self.quarantineKey(group.id)) }
            effects.notices.append(.quarantined(group.id, reason))
        default: effects.notices.append(.halted(group.id, "\(error)"))
        }
    }
}

extension ShardCore {
    /// Answers everyone who still waits and closes the store.
    package func shutDown() {
        for group in groups where group.stopped == nil {
            let waiting = group.drainWaiters()
            for proposal in waiting.proposals {
                proposal.completion(.failure(proposal.proposedAs == nil ? .shuttingDown : .outcomeUnknown))
            }
            for read in waiting.reads { read.completion(.failure(.shuttingDown)) }
        }
        store.close()
    }
}
