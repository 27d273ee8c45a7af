import Raft
import Storage

extension ShardCore {
    /// What is due by the clock: candidacies after a crash, read rounds.
    func runTimers() {
        for group in agenda.groups where group.stopped == nil {
            if let due = group.candidacyAt, now >= due {
                group.candidacyAt = nil
                if group.core.leader == .none, group.core.role == .follower { group.core.campaign() }
            }
            beginReadRounds(group)
        }
    }

    /// Begins a round when somebody asks, when the state was not looked at for a while, or when reads wait for an
    /// answer that does not come. What is under way stays so: where answers take longer than the time between two
    /// rounds, a round that took the place of the one before it would never be confirmed, nor would any other.
    private func beginReadRounds(_ group: ShardGroup) {
        let pause = now - group.lastRoundAt
        let isLate =
            pause >= configuration.readRetry && group.rounds.contains { $0.confirmed == nil && !$0.reads.isEmpty }
        guard group.core.leader != .none, !group.reads.isEmpty || isLate || pause >= configuration.freshnessInterval
        else { return }
        if group.rounds.count >= configuration.mostReadRounds {
            guard pause >= configuration.readRetry else { return }
            guard giveUpOldestRound(of: group) else { return }
        }
        contextSequence += 1
        var context: [UInt8] = []
        context.append(bigEndian: configuration.replica.rawValue)
        context.append(bigEndian: configuration.session)
        context.append(bigEndian: contextSequence)
        group.rounds.append(ReadRound(context: context, startedAt: now, reads: group.reads))
        group.reads = []
        group.lastRoundAt = now
        group.core.readIndex(context: context)
    }

    /// Makes room for another round: the answer to the oldest one was lost. Its reads wait for the next one's.
    private func giveUpOldestRound(of group: ShardGroup) -> Bool {
        guard let place = group.rounds.firstIndex(where: { $0.confirmed == nil }) else { return false }
        let lost = group.rounds.remove(at: place)
        if place < group.rounds.count {
            group.rounds[place].reads = lost.reads + group.rounds[place].reads
        } else {
            group.reads = lost.reads + group.reads
        }
        return true
    }

    /// Answers what waited too long.
    func sweepDeadlines() {
        for group in groups where group.stopped == nil && group.hasWaiters {
            for proposal in group.parked where proposal.deadline <= now {
                complete(proposal.completion, .failure(.noLeader))
            }
            group.parked.removeAll { $0.deadline <= now }
            retryParked(of: group)
            for sequence in group.proposed.keys.sorted() {
                guard let proposal = group.proposed[sequence], proposal.deadline <= now else { continue }
                group.proposed[sequence] = nil
                complete(proposal.completion, .failure(.outcomeUnknown))
            }
            for watcher in group.digestWatchers where watcher.deadline <= now {
                complete(watcher.completion, .failure(.timedOut))
            }
            group.digestWatchers.removeAll { $0.deadline <= now }
            let late = { (read: PendingRead) in read.deadline <= self.now }
            for read in group.reads + group.rounds.flatMap(\.reads) + group.waits.map(\.read) where late(read) {
                complete(read.completion, .failure(.timedOut))
            }
            group.reads.removeAll(where: late)
            for index in group.rounds.indices { group.rounds[index].reads.removeAll(where: late) }
            group.waits.removeAll { late($0.read) }
        }
    }

    func onceASecond() {
        // What was synced since is then known outside of the database too: a log that comes back shorter is told.
        guard mustSucceed({ try store.refreshMark() }) != nil else { return }
        store.weighCompaction()
        let slow = slowPace()
        for group in groups where group.stopped == nil && group.isLeader {
            judgeHandover(of: group)
            if isDraining || space != .good {
                if let target = bestSuccessor(of: group) { handOver(group, to: target) }
            } else if let slow {
                stepAside(of: group, sync: slow)
            } else {
                followPreference(group)
            }
            if space == .good { markDigests(group) }
        }
    }

    /// Whether this node had better not lead: it takes no leadership that is handed to it, and others go before it when
    /// a leader dies. It leads where nobody else can be elected.
    var standsAside: Bool { space != .good || now < slowUntil }

    /// Hands leadership over, and keeps in mind to whom.
    func handOver(_ group: ShardGroup, to target: ReplicaID) {
        group.handover = (target, group.core.term)
        group.core.transferLeadership(to: target)
    }

    /// A replica that leadership was handed to and that did not take it is let alone for a while.
    private func judgeHandover(of group: ShardGroup) {
        guard let handover = group.handover, group.core.leadTransferee == .none else { return }
        group.handover = nil
        guard handover.term == group.core.term else { return }
        group.refusals.note(handover.to, at: now, configuration)
    }

    /// The caught-up, active voter that should lead next: preferred ones first, and those that would not of late only
    /// by a node that must go.
    func bestSuccessor(of group: ShardGroup, among isPossible: (ReplicaID) -> Bool = { _ in true }) -> ReplicaID? {
        let ready = readySuccessors(of: group).filter(isPossible)
        let willing = ready.filter { group.refusals.isWilling($0, at: now) }
        let isUrgent = willing.isEmpty && isDraining
        let able = isUrgent ? ready.filter { group.refusals.mayBeAskedAgain($0, at: now) } : willing
        return group.preference.first(where: able.contains) ?? able.first
    }

    /// Whether the leader has heard of the replica within an election timeout.
    func isActive(_ replica: ReplicaID, in group: ShardGroup) -> Bool {
        let timeout = configuration.tick * UInt64(configuration.electionTicks)
        return group.hasHeard(replica, since: now > timeout ? now - timeout : 0)
    }

    private func readySuccessors(of group: ShardGroup) -> [ReplicaID] {
        let voters = group.core.membership.voters
        return group.core.status.progress
            .filter {
                $0.replica != configuration.replica && voters.contains($0.replica)
                    && isActive($0.replica, in: group) && group.hasAnswered($0.replica)
            }
            .sorted { ($0.match, $1.replica) > ($1.match, $0.replica) }
            .filter { $0.match >= group.core.commitIndex }
            .map(\.replica)
    }

    /// Hands leadership to a more preferred replica once that has been ready for the whole hysteresis.
    private func followPreference(_ group: ShardGroup) {
        let ready = readySuccessors(of: group).filter { group.refusals.mayBePreferred($0, at: now) }
        let own = group.preference.firstIndex(of: configuration.replica) ?? group.preference.count
        guard let better = group.preference.prefix(own).first(where: ready.contains) else {
            group.preferred = nil
            return
        }
        guard let preferred = group.preferred, preferred.replica == better else {
            group.preferred = (better, now)
            return
        }
        if now - preferred.since >= configuration.preferenceHysteresis {
            group.preferred = nil
            handOver(group, to: better)
        }
    }

    private func markDigests(_ group: ShardGroup) {
        guard group.applied.index.rawValue >= group.lastDigestMark + configuration.digestInterval else { return }
        group.lastDigestMark = group.applied.index.rawValue
        propose(
            PendingProposal(
                body: .command(.digestMark, []), deadline: now + 10_000_000_000, completion: { _ in }), on: group)
    }
}
