import Raft
import Storage

/// Committed entries of one group, and what consensus wants to hear when they are applied.
struct Application {
    var group: ShardGroup
    var entries: [LogEntry]
    var responses: [Message]
}

/// One group's run of committed entries on its way into the store.
private struct ApplyRun {
    var group: ShardGroup
    var tables: TableTransaction
    var applied: LogPosition
    var membership: Membership?
    var resolved: [(ProposalCompletion, AppliedProposal)] = []
    /// Digests to be noted or compared once the rows are written.
    var halt: String?
}

extension ShardCore {
    /// Applies committed entries of several groups: rows and applied positions in one batch, then views, then answers.
    func apply(_ work: [Application]) {
        var finished: [ApplyRun] = []
        for application in work where application.group.stopped == nil {
            guard var run = begin(application.group) else { return }
            for entry in application.entries where entry.index > run.applied.index {
                apply(entry, in: &run)
                if run.halt != nil { break }
                run.applied = entry.position
            }
            finished.append(run)
        }
        commit(finished)
    }

    private func begin(_ group: ShardGroup) -> ApplyRun? {
        guard let table = mustSucceed({ try store.table(of: group.id) }) else { return nil }
        return ApplyRun(group: group, tables: TableTransaction(table), applied: group.applied)
    }

    private func commit(_ runs: [ApplyRun]) {
        // A run that halts writes nothing: its rows may hold a part of the entry that halted it, or follow from a row
        // that could not be read. A restart applies its entries again.
        let changed = runs.filter {
            $0.halt == nil && $0.tables.failure == nil && ($0.applied != $0.group.applied || $0.membership != nil)
        }
        let applies = changed.map {
            GroupApply(group: $0.group.id, changes: $0.tables.changes, applied: $0.applied, membership: $0.membership)
        }
        if !applies.isEmpty {
            guard mustSucceed({ try store.apply(applies) }) != nil else { return }
        }
        for (run, apply) in zip(changed, applies) {
            run.group.applied = run.applied
            if apply.membership != nil { run.group.refusals = HandoverRefusals() }
            run.group.machine.didCommit(apply.changes, at: run.applied)
            run.group.gauge.publish(applied: run.applied.index)
        }
        for run in runs {
            for (completion, result) in run.resolved { complete(completion, .success(result)) }
            if let reason = run.halt ?? run.tables.failure.map({ "\($0)" }) {
                stop(run.group, because: .halted(reason))
            }
        }
    }

    private func apply(_ entry: LogEntry, in run: inout ApplyRun) {
        switch entry.kind {
        case .normal:
            if !entry.payload.isEmpty { applyCommand(entry, in: &run) }
        case .configurationChange, .configurationChangeV2:
            applyMembership(entry, in: &run)
        }
        if let failure = run.tables.failure { run.halt = "\(failure)" }
    }

    private func applyCommand(_ entry: LogEntry, in run: inout ApplyRun) {
        guard let (envelope, body) = ProposalEnvelope.decode(entry.payload) else {
            run.halt = "entry \(entry.index.rawValue) is of a format that this version does not know"
            return
        }
        var outcome: any Sendable = [UInt8]()
        switch envelope.kind {
        case .command:
            switch run.group.machine.apply(Array(body), at: entry.position, to: &run.tables) {
            case .outcome(let value): outcome = value
            case .halt(let reason):
                run.halt = reason
                return
            }
        case .digestMark: noteDigest(at: entry, proposedBy: envelope, in: &run)
        case .digestVerify: compareDigest(Array(body), at: entry, in: &run)
        }
        resolve(envelope, outcome, at: entry.position, in: &run)
    }

    private func resolve(
        _ envelope: ProposalEnvelope, _ outcome: any Sendable, at position: LogPosition, in run: inout ApplyRun
    ) {
        guard envelope.replica == configuration.replica, envelope.session == configuration.session,
            let proposal = run.group.proposed.removeValue(forKey: envelope.sequence)
        else { return }
        run.resolved.append((proposal.completion, AppliedProposal(outcome: outcome, position: position)))
    }

    // MARK: Membership

    private func applyMembership(_ entry: LogEntry, in run: inout ApplyRun) {
        let change: MembershipChange
        do {
            change = try MembershipChange(decoding: entry.payload)
        } catch {
            run.halt = "configuration entry \(entry.index.rawValue) cannot be decoded"
            return
        }
        let envelope = ProposalEnvelope.decode(change.context)
        let context = envelope.map { Array($0.body) } ?? change.context
        let group = run.group
        var isAdmitted = true
        switch run.group.machine.admits(proposal(of: change, on: group, context: context), in: &run.tables) {
        case true?: run.membership = group.core.applyMembership(change)
        case false?:
            // Sovereignty, second lock: every replica refuses alike, and consensus goes on as it was.
            group.core.rejectMembership()
            isAdmitted = false
        case nil:
            run.halt = "the rows that decide on the members at \(entry.index.rawValue) cannot be read"
            return
        }
        if let envelope { resolve(envelope.envelope, isAdmitted, at: entry.position, in: &run) }
    }

    private func proposal(of change: MembershipChange, on group: ShardGroup, context: [UInt8]) -> MembershipProposal {
        var added: [ReplicaID] = []
        var removed: [ReplicaID] = []
        for single in change.changes {
            switch single.kind {
            case .addVoter, .addLearner: if !group.isMember(single.replica) { added.append(single.replica) }
            case .removeReplica: removed.append(single.replica)
            case .updateReplica: break
            }
        }
        return MembershipProposal(added: added.sorted(), removed: removed.sorted(), context: context)
    }

    // MARK: Digests

    /// Writes what came before, so that every replica digests the rows of exactly this index.
    private func noteDigest(at entry: LogEntry, proposedBy envelope: ProposalEnvelope, in run: inout ApplyRun) {
        var before = run
        before.resolved = []
        commit([before])
        guard run.group.stopped == nil, let digest = mustSucceed({ try store.digest(of: run.group.id) }),
            let table = mustSucceed({ try store.table(of: run.group.id) })
        else { return }
        run.tables = TableTransaction(table)
        run.membership = nil
        run.group.digestMarks.append((entry.index, digest))
        if run.group.digestMarks.count > 8 { run.group.digestMarks.removeFirst() }
        guard run.group.isLeader, envelope.replica == configuration.replica else { return }
        var body: [UInt8] = []
        body.append(bigEndian: entry.index.rawValue)
        propose(
            PendingProposal(
                body: .command(.digestVerify, body + digest), deadline: now + 10_000_000_000, completion: { _ in }),
            on: run.group)
    }

    private func compareDigest(_ body: [UInt8], at entry: LogEntry, in run: inout ApplyRun) {
        guard body.count > 8 else { return }
        let index = LogIndex(body.bigEndian(at: 0))
        let group = run.group
        if let mark = group.digestMarks.last(where: { $0.index == index }), mark.digest != Array(body[8...]) {
            run.halt = "the rows differ from the leader's at index \(index.rawValue)"
            return
        }
        for watcher in group.digestWatchers {
            run.resolved.append(
                (watcher.completion, AppliedProposal(outcome: Array(body[8...]), position: entry.position)))
        }
        group.digestWatchers = []
    }
}
