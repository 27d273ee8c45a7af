import Raft
import Storage
import Wire

extension ShardCore {
    /// One group's share of a round: what its `Ready` wants written, applied and delivered.
    private struct Round {
        var outgoing = OutgoingFrames()
        var appends: [GroupAppend] = []
        var appended: [(group: ShardGroup, responses: [Message])] = []
        /// What a leader applies comes before the sync of newer entries, because callers wait for it; a follower first
        /// acknowledges, because its leader waits for that. Either is stable already.
        var early: [Application] = []
        var late: [Application] = []
    }

    /// Carries out what consensus asks for until nothing is left to do.
    func pump() {
        while true {
            var round = Round()
            var worked = false
            for group in agenda.groups where group.stopped == nil {
                guard let ready = group.core.nextReady() else { continue }
                worked = true
                collect(ready, of: group, into: &round)
            }
            guard worked else { break }
            // A leader's appends leave before its own sync, so that all disks of the group work at the same time.
            send(&round.outgoing)
            carryOut(round.early, into: &round.outgoing)
            if !round.appends.isEmpty {
                outbox.answer(effects.completions)
                effects.completions = []
                guard mustSucceed({ try store.append(round.appends) }) != nil else { return }
                noteWritten(round.appends)
                for append in round.appends where append.snapshot != nil { installed(append) }
            }
            for (group, responses) in round.appended { deliver(responses, from: group, into: &round.outgoing) }
            // Votes and acknowledgements: only now is what they promise on disk.
            send(&round.outgoing)
            carryOut(round.late, into: &round.outgoing)
            send(&round.outgoing)
        }
        for group in agenda.groups { settle(group) }
    }

    private func collect(_ ready: Ready, of group: ShardGroup, into round: inout Round) {
        for message in ready.messages {
            switch message.to {
            case .appendThread:
                let hardState = ready.hardState
                if hardState != nil || !ready.entries.isEmpty || ready.snapshot != nil {
                    round.appends.append(
                        GroupAppend(
                            group: group.id, hardState: hardState, entries: ready.entries,
                            snapshot: ready.snapshot?.metadata))
                }
                round.appended.append((group, message.responses))
            case .applyThread:
                let application = Application(group: group, entries: message.entries, responses: message.responses)
                if group.isLeader { round.early.append(application) } else { round.late.append(application) }
            default:
                if message.kind == .snapshot {
                    dispatchSnapshot(message, of: group)
                } else {
                    round.outgoing.add(message, of: group.id)
                }
            }
        }
        for state in ready.readStates {
            guard let place = group.rounds.firstIndex(where: { $0.context == state.context }) else { continue }
            // What was acknowledged before an earlier round began was so before this one did.
            for earlier in 0...place where group.rounds[earlier].confirmed == nil {
                group.rounds[earlier].confirmed = state.index
            }
        }
    }

    private func carryOut(_ work: [Application], into outgoing: inout OutgoingFrames) {
        guard !work.isEmpty else { return }
        apply(work)
        for application in work { deliver(application.responses, from: application.group, into: &outgoing) }
    }

    private func send(_ outgoing: inout OutgoingFrames) {
        for (replica, frames) in outgoing.drain() { outbox.send(frames, to: replica) }
    }

    /// Responses of a storage step: our own go back into consensus, the others leave. Who stopped within the round
    /// answers nobody any more.
    private func deliver(_ responses: [Message], from group: ShardGroup, into outgoing: inout OutgoingFrames) {
        guard group.stopped == nil else { return }
        for response in responses {
            if response.to == configuration.replica {
                try? group.core.step(response)
            } else {
                outgoing.add(response, of: group.id)
            }
        }
    }

    private func installed(_ append: GroupAppend) {
        guard let group = group(append.group), let metadata = append.snapshot else { return }
        group.applied = metadata.position
        group.truncated = metadata.position.index
        if let table = mustSucceed({ try store.table(of: group.id) }) {
            group.machine.didLoad(table, at: metadata.position)
        }
        group.gauge.publish(applied: metadata.position.index)
        effects.notices.append(.snapshotInstalled(group.id, metadata.position))
    }

    private func dispatchSnapshot(_ message: Message, of group: ShardGroup) {
        guard !group.sendingSnapshots.contains(message.to) else { return }
        do {
            let source = try store.snapshot(of: group.id)
            group.sendingSnapshots.append(message.to)
            let offer = SnapshotOffer(
                group: group.id, from: configuration.replica, to: message.to, term: message.term,
                descriptor: source.descriptor)
            effects.snapshots.append(SnapshotDispatch(offer: offer, to: message.to, source: source))
        } catch {
            group.core.reportSnapshot(message.to, succeeded: false)
        }
    }

    /// After the work of a turn: publishes the group's condition and answers whom it satisfies.
    private func settle(_ group: ShardGroup) {
        group.publish()
        guard group.stopped == nil else { return }
        noticeLeader(of: group)
        while let round = group.rounds.first(where: { $0.confirmed.map { $0 <= group.applied.index } ?? false }) {
            group.rounds.removeAll { $0.context == round.context }
            // As of its beginning, however long the answer took.
            group.gauge.publish(freshAt: round.startedAt)
            for read in round.reads { complete(read.completion, .success(group.applied.index)) }
        }
        if !group.waits.isEmpty {
            for wait in group.waits where wait.index <= group.applied.index {
                complete(wait.read.completion, .success(group.applied.index))
            }
            group.waits.removeAll { $0.index <= group.applied.index }
        }
        compactIfLong(group)
    }

    private func noticeLeader(of group: ShardGroup) {
        let leader = group.core.leader
        let term = group.core.term
        guard leader != .none, leader != group.knownLeader || term != group.knownTerm else { return }
        group.knownLeader = leader
        group.knownTerm = term
        group.candidacyAt = nil
        group.forgetHeard()
        group.refusals.forget(leader)
        effects.notices.append(.leaderChanged(group.id, term, leader))
        // What was handed to an earlier leader may or may not survive: the caller repeats it under the same idempotency
        // key.
        for sequence in group.proposed.keys.sorted() {
            guard let proposal = group.proposed.removeValue(forKey: sequence) else { continue }
            complete(proposal.completion, .failure(.outcomeUnknown))
        }
        let parked = group.parked
        group.parked = []
        for proposal in parked { propose(proposal, on: group) }
        if group.core.hasReady { pump() }
    }

    private func compactIfLong(_ group: ShardGroup) {
        let applied = group.applied.index.rawValue
        let excess = applied.subtractingReportingOverflow(group.truncated.rawValue + configuration.logTrail)
        guard !excess.overflow, excess.partialValue > configuration.compactionStep else { return }
        let target = LogIndex(applied - configuration.logTrail)
        // A replica that lags, or is being sent a snapshot, needs the entries: without them it would need a snapshot
        // again and again. It is not waited for without end.
        let isNeeded = group.core.progressStatus.contains { progress in
            progress.match < target
                && (isActive(progress.replica, in: group) || group.sendingSnapshots.contains(progress.replica))
        }
        if isNeeded, excess.partialValue <= configuration.compactionStep * configuration.patientSteps { return }
        guard mustSucceed({ try store.compact(group.id, through: target) }) != nil else { return }
        group.truncated = target
    }
}

/// Frames of a round by receiver; heartbeats of all groups to one node become one frame.
struct OutgoingFrames {
    private var byReplica: [(replica: ReplicaID, frames: [PeerFrame], beats: [Beat], from: ReplicaID)] = []

    mutating func add(_ message: Message, of group: GroupID) {
        let place: Int
        if let known = byReplica.firstIndex(where: { $0.replica == message.to }) {
            place = known
        } else {
            place = byReplica.count
            byReplica.append((message.to, [], [], message.from))
        }
        switch message.kind {
        case .heartbeat, .heartbeatResponse:
            byReplica[place].beats.append(
                Beat(
                    group: group, term: message.term, commit: message.commit,
                    isResponse: message.kind == .heartbeatResponse, context: message.context))
        default: byReplica[place].frames.append(.message(group: group, message))
        }
    }

    mutating func drain() -> [(replica: ReplicaID, frames: [PeerFrame])] {
        let result = byReplica.map { item in
            (
                item.replica,
                item.beats.isEmpty ? item.frames : item.frames + [.beats(item.beats, from: item.from, to: item.replica)]
            )
        }
        byReplica = []
        return result
    }
}
