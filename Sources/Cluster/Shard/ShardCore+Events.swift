import Raft
import Storage
import Wire

extension ShardCore {
    func handle(_ event: ShardEvent) {
        switch event {
        case .frames(let frames): for frame in frames { receive(frame) }
        case .peerUp(let replica):
            // It may be another process, or one whose trouble is over.
            for group in groups {
                group.refusals.forget(replica)
                group.forgetAnswer(of: replica)
            }
        case .peerDown(let replica, let died): lost(replica, died: died)
        case .fact(let key, let value): _ = mustSucceed { try store.setFact(value, for: key) }
        case .space(let level): space = level
        case .createGroup(let specification, let machine, let completion):
            let result = Result { () throws(ClusterError) in try createGroup(specification, machine: machine) }
            effects.completions.append { completion(result) }
        case .removeGroup(let id, let completion):
            let error = removeGroup(id)
            effects.completions.append { completion(error) }
        case .preferLeaders(let id, let replicas): prefer(replicas, in: id)
        case .propose(let id, let payload, let deadline, let completion):
            enqueue(.command(.command, payload), on: id, deadline: deadline, completion)
        case .changeMembership(let id, let change, let deadline, let completion):
            enqueue(.membership(change), on: id, deadline: deadline, completion)
        case .verifyDigests(let id, let deadline, let completion): verifyDigests(id, deadline: deadline, completion)
        case .read(let id, let deadline, let completion):
            guard let group = serving(id, completion) else { return }
            group.reads.append(PendingRead(deadline: deadline, completion: completion))
        case .waitApplied(let id, let index, let deadline, let completion):
            guard let group = serving(id, completion) else { return }
            if group.applied.index >= index {
                complete(completion, .success(group.applied.index))
            } else {
                group.waits.append((index, PendingRead(deadline: deadline, completion: completion)))
            }
        case .transferLeadership(let id, let target, let completion):
            let error = transfer(id, to: target)
            effects.completions.append { completion(error) }
        case .snapshotSent(let id, let replica, let succeeded):
            guard let group = group(id) else { return }
            group.sendingSnapshots.removeAll { $0 == replica }
            group.core.reportSnapshot(replica, succeeded: succeeded)
        case .snapshotOffer(let offer, let completion):
            let result = Result { () throws(ClusterError) in try stage(offer) }
            effects.completions.append { completion(result) }
        case .snapshotChunk(let offer, let chunk, let completion):
            let result = Result { () throws(ClusterError) in try accept(chunk, of: offer) }
            effects.completions.append { completion(result) }
        case .drain: isDraining = true
        case .endDrain: isDraining = false
        case .status(let completion):
            let statuses = statuses()
            effects.completions.append { completion(statuses) }
        case .inspect(let body): body(store)
        }
    }

    private func serving(_ id: GroupID, _ completion: @escaping ReadCompletion) -> ShardGroup? {
        guard let group = group(id) else {
            complete(completion, .failure(.noSuchGroup(id)))
            return nil
        }
        if let stopped = group.stopped {
            complete(completion, .failure(stopped))
            return nil
        }
        group.touch()
        return group
    }

    /// Said again and again by those above; only another order begins anew.
    private func prefer(_ replicas: [ReplicaID], in id: GroupID) {
        guard let group = group(id), group.preference != replicas else { return }
        group.preference = replicas
        group.refusals = HandoverRefusals()
    }

    // MARK: Frames

    private func receive(_ frame: PeerFrame) {
        switch frame {
        case .message(let id, let message):
            // A snapshot comes with its rows, by offer and chunks. One that comes alone cannot be installed, and the
            // store's refusal would end the process.
            guard message.kind != .snapshot, let group = group(id), !isRefused(message) else { return }
            step(message, on: group)
        case .beats(let beats, let from, let to):
            for beat in beats {
                guard let group = group(beat.group) else { continue }
                step(
                    Message(
                        kind: beat.isResponse ? .heartbeatResponse : .heartbeat, to: to, from: from, term: beat.term,
                        commit: beat.commit, context: beat.context),
                    on: group)
            }
        }
    }

    /// Whether a message is as good as lost, by this node's will. One whose disk is full is to the others like one that
    /// is cut off while they write: it acknowledges nothing that it has not written, and goes on voting, hearing its
    /// leader and asking for the index of reads.
    private func isRefused(_ message: Message) -> Bool {
        switch message.kind {
        case .append: space == .full && !message.entries.isEmpty
        case .propose: space == .full
        case .timeoutNow: standsAside || isDraining
        default: false
        }
    }

    func step(_ message: Message, on group: ShardGroup) {
        guard group.stopped == nil, message.to == configuration.replica else { return }
        if message.kind == .heartbeat, message.term >= group.core.term, message.commit > group.core.standing().last {
            // A leader never lets its heartbeat's commit exceed what this replica acknowledged in the leader's own
            // term.
            let text =
                "the leader of term \(message.term.rawValue) knows that "
                + "index \(message.commit.rawValue) was acknowledged here, "
                + "but the log ends at \(group.core.lastIndex.rawValue)"
            stop(group, because: .quarantined(text))
            return
        }
        if group.isLeader {
            group.hear(message.from, at: now)
            if isAnswer(message, in: group) { group.noteAnswer(of: message.from) }
        }
        // A message that consensus does not accept (a stale or unknown sender) is dropped: the sender repeats what
        // matters.
        try? group.core.step(message)
    }

    /// Whether a replica says that it follows this leader, and has what it was told of.
    private func isAnswer(_ message: Message, in group: ShardGroup) -> Bool {
        guard message.term == group.core.term else { return false }
        return message.kind == .heartbeatResponse || message.kind == .appendResponse && !message.reject
    }

    /// A peer's connection ended. If its process died and it led, nobody need wait for the election timeout.
    private func lost(_ replica: ReplicaID, died: Bool) {
        for group in groups where group.stopped == nil {
            if group.isLeader {
                group.core.reportUnreachable(replica)
                group.forgetAnswer(of: replica)
            } else if died, group.core.leader == replica {
                effects.notices.append(.leaderDied(group.id, replica))
                group.core.forgetLeader()
                // A node that leaves does not stand, but it must not keep others from it by remembering its leader.
                guard !isDraining, !standsAside,
                    let rank = group.succession(without: replica).firstIndex(of: configuration.replica)
                else { continue }
                group.candidacyAt = now + 1_000_000 + UInt64(rank) * configuration.crashStagger
            }
        }
    }

    // MARK: Proposals

    private func enqueue(
        _ body: PendingProposal.Body, on id: GroupID, deadline: UInt64, _ completion: @escaping ProposalCompletion
    ) {
        guard let group = group(id) else { return complete(completion, .failure(.noSuchGroup(id))) }
        if let stopped = group.stopped { return complete(completion, .failure(stopped)) }
        if case .command(_, let payload) = body,
            payload.count + ProposalEnvelope.headerLength > configuration.maxEntryBytes
        {
            return complete(completion, .failure(.tooLarge(bytes: payload.count, limit: configuration.maxEntryBytes)))
        }
        if space != .good { return complete(completion, .failure(.noSpace)) }
        guard group.parked.count + group.proposed.count < configuration.maxPendingProposals else {
            return complete(completion, .failure(.overloaded))
        }
        propose(PendingProposal(body: body, deadline: deadline, completion: completion), on: group)
    }

    /// Hands a write to consensus, or parks it until there is a leader.
    func propose(_ proposal: PendingProposal, on group: ShardGroup) {
        guard group.core.leader != .none else {
            group.parked.append(proposal)
            return
        }
        // Consensus would put an empty entry in its place, and the caller would wait for nothing until the deadline.
        if case .membership(let change) = proposal.body, group.isLeader, group.core.leadTransferee == .none,
            let refusal = group.core.membershipRefusal(of: change)
        {
            return complete(proposal.completion, .failure(.refused(refusal.text)))
        }
        var proposal = proposal
        sequence += 1
        do {
            switch proposal.body {
            case .command(let kind, let payload):
                try group.core.propose(envelope(kind).encoded(body: payload))
            case .membership(var change):
                change.context = envelope(.command).encoded(body: change.context)
                try group.core.propose(change)
            }
            proposal.proposedAs = sequence
            group.proposed[sequence] = proposal
        } catch {
            group.parked.append(proposal)
        }
    }

    /// Hands on what was parked although the leader stayed the same: a transfer of leadership came to nothing, a false
    /// alarm of the leader's death passed, or the uncommitted tail has become shorter.
    func retryParked(of group: ShardGroup) {
        guard !group.parked.isEmpty, group.core.leader != .none, group.core.leadTransferee == .none else { return }
        let waiting = group.parked
        group.parked = []
        for (place, proposal) in waiting.enumerated() {
            propose(proposal, on: group)
            guard group.parked.isEmpty else {
                group.parked += waiting[(place + 1)...]
                return
            }
        }
    }

    private func envelope(_ kind: ProposalEnvelope.Kind) -> ProposalEnvelope {
        ProposalEnvelope(
            kind: kind, replica: configuration.replica, session: configuration.session, sequence: sequence)
    }

    private func verifyDigests(_ id: GroupID, deadline: UInt64, _ completion: @escaping ProposalCompletion) {
        guard let group = group(id) else { return complete(completion, .failure(.noSuchGroup(id))) }
        if let stopped = group.stopped { return complete(completion, .failure(stopped)) }
        guard group.isLeader else {
            return complete(completion, .failure(.refused("this node does not lead group \(id.rawValue)")))
        }
        group.digestWatchers.append(
            PendingProposal(body: .command(.digestVerify, []), deadline: deadline, completion: completion))
        propose(
            PendingProposal(body: .command(.digestMark, []), deadline: deadline, completion: { _ in }), on: group)
    }

    private func transfer(_ id: GroupID, to target: ReplicaID?) -> ClusterError? {
        guard let group = group(id) else { return .noSuchGroup(id) }
        guard group.isLeader else { return .refused("this node does not lead group \(id.rawValue)") }
        guard let target = target ?? bestSuccessor(of: group) else { return .refused("no other voter is up to date") }
        guard group.core.membership.allVoters.contains(target) else {
            return .refused("replica \(target.rawValue) is no voter of group \(id.rawValue)")
        }
        guard target == configuration.replica || group.hasAnswered(target) else {
            return .refused("replica \(target.rawValue) has not answered since it connected")
        }
        group.core.transferLeadership(to: target)
        return nil
    }

    // MARK: Snapshots coming in

    private func stage(_ offer: SnapshotOffer) throws(ClusterError) -> UInt64 {
        guard let group = group(offer.group) else { throw .noSuchGroup(offer.group) }
        if let stopped = group.stopped { throw stopped }
        guard space != .full else { throw .noSpace }
        guard offer.to == configuration.replica else { throw .refused("the snapshot is for another replica") }
        guard offer.term >= group.core.term else { throw .refused("the snapshot is from an older term") }
        guard offer.descriptor.metadata.position.index > group.core.commitIndex else {
            // A crash between the installation and the answer: the leader does not know of it, and would offer the same
            // state again and again. Consensus answers with how far this replica is.
            step(offer.message, on: group)
            throw .refused("the snapshot is older than what this replica has")
        }
        do {
            let staging = try store.stage(offer.descriptor, for: offer.group)
            group.staging = (offer, staging)
            // A crash may have left all chunks and no installed image. The last one is asked for again, which installs
            // it: the sender has none after it.
            return min(staging.next, offer.descriptor.lastChunk)
        } catch {
            throw .storage("\(error)")
        }
    }

    private func accept(_ chunk: SnapshotChunk, of offer: SnapshotOffer) throws(ClusterError) -> UInt64 {
        guard let group = group(offer.group), let staging = group.staging, staging.offer == offer else {
            throw .refused("no such snapshot was offered")
        }
        do {
            try staging.store.accept(chunk)
            if chunk.isLast {
                try staging.store.verify()
                group.staging = nil
                step(offer.message, on: group)
                // Installed at once: an offer later in this turn would throw away what is staged.
                pump()
            }
            return staging.store.next
        } catch {
            throw .storage("\(error)")
        }
    }
}
