import Raft
import Testing

@Suite("Replication")
struct ReplicationTests {
    @Test("Proposals are applied everywhere in the same order", arguments: [false, true])
    func proposalsAreApplied(asyncStorageWrites: Bool) throws {
        var group = TestGroup(voters: 3, learners: 1) { $0.asyncStorageWrites = asyncStorageWrites }
        group.elect(1)
        for value in UInt8(1)...5 {
            try group[UInt64(value % 3) + 1].core.propose([value])
            group.settle()
        }
        try group[1].core.propose(batch: [[6], [7]])
        group.settle()
        for node in group.nodes { #expect(node.applied == (1...7).map { [$0] }) }
    }

    @Test("Entries of a deposed leader that no quorum has are replaced")
    func uncommittedTailIsReplaced() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[1].isCut = true
        for value in UInt8(1)...3 { try group[1].core.propose([value]) }
        group.settle()
        group[3].core.forgetLeader()
        group.elect(2)
        try group[2].core.propose([9])
        group.settle()
        group[1].isCut = false
        group.pass(ticks: 3)
        for node in group.nodes { #expect(node.applied == [[9]]) }
        #expect(group[1].log.lastIndex == group[2].log.lastIndex)
    }

    @Test("An entry of an older term commits only with one of the leader's own")
    func oldTermsCommitOnlyIndirectly() throws {
        var group = TestGroup(voters: 3) { $0.checkQuorum = false }
        group.elect(1)
        let base = group[1].core.commitIndex
        group.passes = { $0.kind != .appendResponse }
        try group[1].core.propose([1])
        group.settle()
        #expect(group[2].log.lastIndex == base.next)
        // The next leader has the old entry on every disk, but its own first entry reaches nobody.
        group.passes = { message in
            message.kind != .append || !message.entries.contains { $0.term == message.term }
        }
        group[2].core.forgetLeader()
        group.elect(2)
        group.pass(ticks: 2)
        #expect(group[2].core.role == .leader)
        #expect(group[2].core.commitIndex == base)
        group.passes = { _ in true }
        group.pass(ticks: 2)
        #expect(group[2].core.commitIndex == base.advanced(by: 2))
        #expect(group[3].applied == [[1]])
    }

    @Test("A follower that needs compacted entries gets a snapshot, and then the rest")
    func snapshotForALaggard() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        group[3].isCut = true
        for value in UInt8(1)...8 { try group[1].core.propose([value]) }
        group.settle()
        let applied = group[1].core.appliedIndex
        try group[1].log.createSnapshot(at: applied, membership: group[1].core.membership, data: [])
        try group[1].log.compact(through: applied)
        group[3].isCut = false
        group.pass(ticks: 3)
        try group[1].core.propose([9])
        group.pass(ticks: 3)
        #expect(group[3].log.firstIndex == applied.next)
        #expect(group[3].core.commitIndex == group[1].core.commitIndex)
        #expect(group[3].applied == [[9]])
        #expect(group[1].core.status.progress.allSatisfy { $0.state == .replicate })
    }

    @Test("A follower that lost what it acknowledged is probed once for each heartbeat")
    func forgetfulFollowerIsProbedSlowly() throws {
        var group = TestGroup(voters: 5)
        group.elect(1)
        group.pass(ticks: 2)
        let committed = group[1].core.commitIndex
        // Only 3 has the next entries, so they are not committed.
        group.passes = { $0.kind != .append || $0.to == ReplicaID(3) }
        for value in UInt8(1)...3 { try group[1].core.propose([value]) }
        group.settle()
        #expect(group[3].core.lastIndex == committed.advanced(by: 3))
        #expect(group[1].core.commitIndex == committed)
        // It loses them with its disk.
        let old = group[3]
        let log = MemoryLog(snapshot: try old.log.snapshot())
        try log.append(
            old.log.entries(from: old.log.firstIndex, to: committed.next, maxBytes: .max))
        log.setHardState(old.log.hardState)
        group[3] = TestGroup.Node(core: RaftCore(configuration: old.core.configuration, log: log), log: log)

        var appends = 0
        group.passes = { message in
            if message.kind == .append, message.to == ReplicaID(3) { appends += 1 }
            return message.kind != .append || message.to == ReplicaID(3)
        }
        for value in UInt8(4)...5 { try group[1].core.propose([value]) }
        group.settle()
        #expect(appends > 0 && appends <= 4)
        for _ in 0..<5 {
            let before = appends
            group.tick(1)
            group.settle()
            #expect(appends == before + 1)
        }
    }

    @Test("A late snapshot does not take back what was committed since")
    func lateSnapshot() throws {
        var group = TestGroup(voters: 3)
        group.elect(1)
        for payload in 1...5 as ClosedRange<UInt8> {
            try group[1].core.propose([payload])
            group.settle()
        }
        let before = group[2].core.status
        #expect(group[2].applied.count == 5)
        // The log behind the snapshot's place is gone, so nothing shows any more that it has all of it.
        try group[2].log.createSnapshot(at: LogIndex(6), membership: before.membership, data: [])
        try group[2].log.compact(through: LogIndex(6))
        let position = LogPosition(term: before.term, index: LogIndex(3))
        let late = SnapshotMetadata(position: position, membership: before.membership)
        try group[2].core.step(
            Message(
                kind: .snapshot, to: ReplicaID(2), from: ReplicaID(1), term: before.term,
                snapshot: Snapshot(metadata: late)))
        #expect(group[2].core.status == before)
    }

    /// A log whose snapshot takes its time.
    private final class BusyLog: LogReader {
        let base: MemoryLog
        var isBusy = false
        init(_ base: MemoryLog) { self.base = base }
        func initialState() -> (hardState: HardState, membership: Membership) { base.initialState() }
        func entries(from lower: LogIndex, to upper: LogIndex, maxBytes: UInt64) throws(LogReadError) -> [LogEntry] {
            try base.entries(from: lower, to: upper, maxBytes: maxBytes)
        }
        func term(at index: LogIndex) throws(LogReadError) -> Term { try base.term(at: index) }
        var firstIndex: LogIndex { base.firstIndex }
        var lastIndex: LogIndex { base.lastIndex }
        func snapshot() throws(LogReadError) -> Snapshot {
            guard !isBusy else { throw .snapshotTemporarilyUnavailable }
            return try base.snapshot()
        }
    }

    @Test("A rejection behind a snapshot takes the probe back, but never to what the follower is known to have")
    func rejectionStopsAtMatch() throws {
        let ids = (1...3).map { ReplicaID($0) }
        let members = Membership(voters: ids)
        let start = SnapshotMetadata(position: LogPosition(term: Term(1), index: LogIndex(1)), membership: members)
        let log = BusyLog(MemoryLog(snapshot: Snapshot(metadata: start)))
        var core = RaftCore(
            configuration: RaftConfiguration(replica: ids[0], applied: LogIndex(1), preVote: false), log: log)
        func work() throws {
            while core.hasReady {
                let ready = core.ready()
                if let state = ready.hardState { log.base.setHardState(state) }
                try log.base.append(ready.entries)
                core.advance(ready)
            }
        }
        func answer(_ kind: MessageKind, _ replica: ReplicaID, _ index: UInt64 = 0, reject: Bool = false) throws {
            try core.step(
                Message(
                    kind: kind, to: ids[0], from: replica, term: core.term, index: LogIndex(index), reject: reject))
            try work()
        }
        core.campaign()
        try work()
        try answer(.voteResponse, ids[1])
        #expect(core.role == .leader)
        for replica in ids[1...] { try answer(.appendResponse, replica, 2) }
        for payload in 1...8 as ClosedRange<UInt8> { try core.propose([payload]) }
        try work()
        try answer(.appendResponse, ids[2], 10)
        #expect(core.appliedIndex == LogIndex(10))
        try log.base.createSnapshot(at: LogIndex(10), membership: members, data: [])
        try log.base.compact(through: LogIndex(10))
        // Replica 2 needs a snapshot, which is sent and said to have arrived; the replica does not know of it.
        core.reportUnreachable(ids[1])
        try answer(.heartbeatResponse, ids[1])
        #expect(core.progressStatus[1].state == .snapshot)
        core.reportSnapshot(ids[1], succeeded: true)
        log.isBusy = true
        try answer(.appendResponse, ids[1], 10, reject: true)
        #expect(core.progressStatus[1].match == LogIndex(2))
        #expect(core.progressStatus[1].next > LogIndex(2))
    }

    @Test("With asynchronous writes nothing is promised before it is written")
    func promisesWaitForTheWrite() throws {
        let membership = Membership(voters: [ReplicaID(1), ReplicaID(2), ReplicaID(3)])
        let start = SnapshotMetadata(position: LogPosition(term: Term(1), index: LogIndex(1)), membership: membership)
        let log = MemoryLog(snapshot: Snapshot(metadata: start))
        var core = RaftCore(
            configuration: RaftConfiguration(replica: ReplicaID(2), applied: LogIndex(1), asyncStorageWrites: true),
            log: log)
        let entry = LogEntry(term: Term(2), index: LogIndex(2), payload: [1])
        try core.step(
            Message(
                kind: .append, to: ReplicaID(2), from: ReplicaID(1), term: Term(2), logTerm: Term(1),
                index: LogIndex(1), entries: [entry], commit: LogIndex(2)))
        let ready = core.ready()
        let write = try #require(ready.messages.first)
        #expect(ready.messages.count == 1)
        #expect(write.to == .appendThread)
        #expect(write.responses.map(\.kind) == [.appendResponse, .storageAppendResponse])
        #expect(ready.committedEntries.isEmpty)
        try log.append(write.entries)
        try core.step(write.responses[1])
        let next = core.ready()
        #expect(next.committedEntries == [entry])
    }

    @Test("A late word that entries are written counts for nothing when others have taken their place")
    func replacedWhileWritten() throws {
        let own = ReplicaID(2)
        var start = SnapshotMetadata()
        start.position = LogPosition(term: Term(1), index: LogIndex(1))
        start.membership = Membership(voters: [ReplicaID(1), own, ReplicaID(3)])
        let log = MemoryLog(snapshot: Snapshot(metadata: start))
        var core = RaftCore(
            configuration: RaftConfiguration(replica: own, applied: LogIndex(1), asyncStorageWrites: true), log: log)
        func append(from leader: UInt64, term: UInt64) -> Message {
            let entry = LogEntry(term: Term(term), index: LogIndex(2), payload: [UInt8(term)])
            return Message(
                kind: .append, to: own, from: ReplicaID(leader), term: Term(term), logTerm: Term(1),
                index: LogIndex(1), entries: [entry], commit: LogIndex(1))
        }
        func word(of write: Message) throws {
            for response in write.responses where response.to == own { try core.step(response) }
        }
        try core.step(append(from: 1, term: 1))
        let first = try #require(core.ready().messages.first { $0.to == .appendThread })
        try log.append(first.entries)
        try core.step(append(from: 3, term: 2))
        let second = try #require(core.ready().messages.first { $0.to == .appendThread })
        // The word of the first write comes after the entry of the second was handed out and before it is written.
        try word(of: first)
        try core.step(
            Message(kind: .heartbeat, to: own, from: ReplicaID(3), term: Term(2), commit: LogIndex(2)))
        #expect(!core.ready().messages.contains { $0.to == .applyThread })
        try log.append(second.entries)
        try word(of: second)
        let applied = core.ready().messages.first { $0.to == .applyThread }
        #expect(applied?.entries.map(\.payload) == [[2]])
    }

    @Test("An applied index beyond the commit index on disk is taken over after a restart")
    func appliedCountsAsCommitted() throws {
        let log = MemoryLog()
        try log.append([LogEntry(term: Term(1), index: LogIndex(1)), LogEntry(term: Term(1), index: LogIndex(2))])
        log.setHardState(HardState(term: Term(1), commit: LogIndex(1)))
        let core = RaftCore(
            configuration: RaftConfiguration(replica: ReplicaID(1), applied: LogIndex(2)), log: log)
        #expect(core.commitIndex == LogIndex(2))
        #expect(core.appliedIndex == LogIndex(2))
    }
}
