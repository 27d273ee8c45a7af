import Raft
import Storage
import Testing

@Suite("Every store keeps logs and hard states")
struct LogConformanceTests {
    @Test("A new group is empty and begins where it was told to", arguments: StoreKind.allCases)
    func newGroup(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.createGroup(
            Samples.group, membership: Samples.members, at: Samples.position(10, term: 4), label: [1, 2])
        try fixture.reopen()
        let group = try fixture.store.stored()
        #expect(group.membership == Samples.members)
        #expect(group.label == [1, 2])
        #expect(group.truncated == Samples.position(10, term: 4))
        #expect(group.applied == Samples.position(10, term: 4))
        #expect(group.hardState == HardState(term: Term(4), commit: LogIndex(10)))
        let log = try fixture.store.log(of: Samples.group)
        #expect(log.firstIndex == LogIndex(11))
        #expect(log.lastIndex == LogIndex(10))
        #expect(try log.term(at: LogIndex(10)) == Term(4))
    }

    @Test("Entries, term and vote come back after a crash", arguments: StoreKind.allCases)
    func survivesCrash(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        let state = HardState(term: Term(3), vote: ReplicaID(2), commit: LogIndex(4))
        try fixture.store.append(Samples.entries(1...5, term: 2) + Samples.entries(6...9, term: 3), state: state)
        try fixture.crash()
        #expect(try fixture.store.everyEntry() == Samples.entries(1...5, term: 2) + Samples.entries(6...9, term: 3))
        let log = try fixture.store.log(of: Samples.group)
        #expect(log.initialState().hardState == state)
        #expect(log.initialState().membership == Samples.members)
        #expect(try (0...9).map { try log.term(at: LogIndex($0)).rawValue } == [0, 2, 2, 2, 2, 2, 3, 3, 3, 3])
    }

    @Test(
        "A commit index alone waits for the next batch: a crash may take it back, a vote or a close keeps it",
        arguments: StoreKind.allCases)
    func commitAlone(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        let voted = HardState(term: Term(2), vote: ReplicaID(2), commit: LogIndex(1))
        try fixture.store.append(Samples.entries(1...5, term: 2), state: voted)
        func commit(_ index: UInt64) -> HardState {
            HardState(term: Term(2), vote: ReplicaID(2), commit: LogIndex(index))
        }
        try fixture.store.append([], state: commit(2))
        #expect(try fixture.store.stored().hardState == commit(2))
        try fixture.crash()
        #expect((1...2).contains(try fixture.store.stored().hardState.commit.rawValue))
        try fixture.store.append([], state: commit(3))
        try fixture.reopen()
        #expect(try fixture.store.stored().hardState == commit(3))
        try fixture.store.append([], state: commit(4))
        try fixture.store.append(Samples.entries(6...6, term: 2))
        try fixture.crash()
        #expect(try fixture.store.stored().hardState == commit(4))
        try fixture.store.append([], state: commit(5))
        try fixture.store.append([], state: HardState(term: Term(3), commit: LogIndex(5)))
        try fixture.crash()
        #expect(try fixture.store.stored().hardState == HardState(term: Term(3), commit: LogIndex(5)))
    }

    @Test("In memory, a machine that loses what was not synced loses a lone commit index")
    func lostCommit() throws {
        let store = InMemoryStore()
        try store.initialize(Samples.identity)
        try store.makeGroup()
        try store.append(Samples.entries(1...3), state: HardState(term: Term(1), commit: LogIndex(1)))
        try store.append([], state: HardState(term: Term(1), commit: LogIndex(3)))
        store.crash(losingUnsynced: true)
        #expect(try store.stored().hardState == HardState(term: Term(1), commit: LogIndex(1)))
    }

    @Test("A conflicting suffix is replaced and its leftovers are gone", arguments: StoreKind.allCases)
    func conflict(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...9))
        try fixture.store.append(Samples.entries(4...5, term: 2, "other"))
        let wanted = Samples.entries(1...3) + Samples.entries(4...5, term: 2, "other")
        #expect(try fixture.store.everyEntry() == wanted)
        try fixture.crash()
        #expect(try fixture.store.everyEntry() == wanted)
        try fixture.store.append(Samples.entries(6...7, term: 2))
        try fixture.reopen()
        #expect(try fixture.store.everyEntry() == wanted + Samples.entries(6...7, term: 2))
    }

    @Test(
        "Entries that leave a gap, go back behind the applied one, or are not contiguous are refused",
        arguments: StoreKind.allCases)
    func badEntries(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...3))
        try fixture.store.apply([("a", "1")], at: 2)
        for bad in [[Samples.entry(5)], [Samples.entry(2)], [Samples.entry(4), Samples.entry(6)]] {
            #expect(throws: StorageError.self) { try fixture.store.append(bad) }
        }
        #expect(try fixture.store.everyEntry() == Samples.entries(1...3))
    }

    @Test("A refused group leaves the others of the same call unwritten", arguments: StoreKind.allCases)
    func appendIsAtomic(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        let good = GroupAppend(group: Samples.group, entries: Samples.entries(1...2))
        #expect(throws: StorageError.noSuchGroup(GroupID(8))) {
            try fixture.store.append([good, GroupAppend(group: GroupID(8), entries: Samples.entries(1...1))])
        }
        #expect(try fixture.store.log(of: Samples.group).lastIndex == .zero)
    }

    @Test("A read is limited by bytes and gives one entry at least", arguments: StoreKind.allCases)
    func limits(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...9))
        let log = try fixture.store.log(of: Samples.group)
        #expect(try log.entries(from: LogIndex(2), to: LogIndex(9), maxBytes: 0) == [Samples.entry(2)])
        #expect(try log.entries(from: LogIndex(2), to: LogIndex(9), maxBytes: 18) == Samples.entries(2...3))
        #expect(throws: LogReadError.unavailable) { try log.entries(from: LogIndex(2), to: LogIndex(11), maxBytes: 1) }
        #expect(throws: LogReadError.unavailable) { try log.term(at: LogIndex(10)) }
    }

    @Test("Compaction drops entries up to the applied one and no further", arguments: StoreKind.allCases)
    func compaction(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...3) + Samples.entries(4...9, term: 2))
        try fixture.store.apply([("a", "1")], at: 5, term: 2)
        try fixture.store.compact(Samples.group, through: LogIndex(8))
        for _ in 0..<2 {
            let log = try fixture.store.log(of: Samples.group)
            #expect(log.firstIndex == LogIndex(6))
            #expect(try log.term(at: LogIndex(5)) == Term(2))
            #expect(throws: LogReadError.compacted) { try log.term(at: LogIndex(4)) }
            #expect(throws: LogReadError.compacted) { try log.entries(from: LogIndex(5), to: LogIndex(7), maxBytes: 9) }
            #expect(try fixture.store.everyEntry() == Samples.entries(6...9, term: 2))
            try fixture.crash()
        }
        try fixture.store.append([Samples.entry(10, term: 2)])
        try fixture.reopen()
        #expect(try fixture.store.stored().truncated == Samples.position(5, term: 2))
        #expect(try fixture.store.everyEntry() == Samples.entries(6...10, term: 2))
    }

    @Test("A removed group stays removed", arguments: StoreKind.allCases)
    func removal(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.makeGroup(GroupID(8))
        try fixture.store.append(Samples.entries(1...3))
        try fixture.store.append(Samples.entries(1...3), to: GroupID(8))
        try fixture.store.apply([("a", "1")], at: 3)
        #expect(throws: StorageError.groupExists(Samples.group)) { try fixture.store.makeGroup() }
        try fixture.store.removeGroup(Samples.group)
        for _ in 0..<2 {
            #expect(try fixture.store.groups().map(\.group) == [GroupID(8)])
            #expect(throws: StorageError.groupRemoved(Samples.group)) { try fixture.store.makeGroup() }
            #expect(throws: StorageError.groupRemoved(Samples.group)) { try fixture.store.log(of: Samples.group) }
            #expect(try fixture.store.everyEntry(of: GroupID(8)) == Samples.entries(1...3))
            try fixture.crash()
        }
    }

    @Test("Identity is written once; facts can be set, listed and removed", arguments: StoreKind.allCases)
    func identityAndFacts(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind, initialized: false)
        #expect(fixture.store.identity == nil)
        try fixture.store.initialize(Samples.identity)
        #expect(throws: StorageError.self) { try fixture.store.initialize(Samples.identity) }
        for key in ["peer/2", "peer/1", "other"] { try fixture.store.setFact(Array(key.utf8), for: Array(key.utf8)) }
        try fixture.store.setFact(nil, for: Array("peer/2".utf8))
        try fixture.crash()
        #expect(fixture.store.identity == Samples.identity)
        #expect(try fixture.store.fact(for: Array("other".utf8)) == Array("other".utf8))
        #expect(try fixture.store.fact(for: Array("peer/2".utf8)) == nil)
        #expect(try fixture.store.facts(withPrefix: Array("peer/".utf8)).map(\.key) == [Array("peer/1".utf8)])
    }
}
