import Raft
import Storage
import Testing

@Suite("Every store keeps rows")
struct TableConformanceTests {
    @Test("Rows, applied position and membership move together", arguments: StoreKind.allCases)
    func apply(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...3))
        let members = Membership(voters: [ReplicaID(4)])
        try fixture.store.apply([("b", "2"), ("a", "1")], at: 2, membership: members)
        try fixture.store.apply([("a", nil), ("c", "3")], at: 3)
        try fixture.crash()
        let group = try fixture.store.stored()
        #expect(group.applied == Samples.position(3))
        #expect(group.membership == members)
        #expect(try fixture.store.text("a") == nil)
        #expect(try fixture.store.text("b") == "2")
        #expect(try fixture.store.text("c") == "3")
    }

    @Test("An applied position beyond the log or behind the last one is refused", arguments: StoreKind.allCases)
    func badApply(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...3))
        try fixture.store.apply([("a", "1")], at: 2)
        #expect(throws: StorageError.self) { try fixture.store.apply([("a", "2")], at: 4) }
        #expect(throws: StorageError.self) { try fixture.store.apply([("a", "2")], at: 1) }
        #expect(try fixture.store.text("a") == "1")
    }

    @Test("Rows are listed by prefix, in order, from behind a key, up to a limit", arguments: StoreKind.allCases)
    func listing(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...1))
        try fixture.store.apply(["k", "ka", "kb", "kc", "l", "j"].map { ($0, $0) }, at: 1)
        let table = try fixture.store.table(of: Samples.group)
        func keys(_ prefix: String, _ after: String?, _ limit: Int) throws -> [String] {
            try table.rows(withPrefix: Array(prefix.utf8), after: after.map { Array($0.utf8) }, limit: limit)
                .map { String(decoding: $0.key, as: UTF8.self) }
        }
        #expect(try keys("k", nil, 9) == ["k", "ka", "kb", "kc"])
        #expect(try keys("k", "ka", 1) == ["kb"])
        #expect(try keys("k", "a", 2) == ["k", "ka"])
        #expect(try keys("k", "z", 2) == [])
        #expect(try keys("", nil, .max) == ["j", "k", "ka", "kb", "kc", "l"])
        #expect(try keys("k", nil, 0) == [])
    }

    @Test("Equal rows give equal digests in every store and order, and other rows another one")
    func digests() throws {
        var digests: Set<[UInt8]> = []
        for kind in StoreKind.allCases {
            let fixture = try StoreFixture(kind)
            try fixture.store.makeGroup()
            try fixture.store.append(Samples.entries(1...4))
            #expect(try fixture.store.digest(of: Samples.group) == [UInt8](repeating: 0, count: 32))
            try fixture.store.apply([("x", "old"), ("y", "2")], at: 1)
            try fixture.store.apply([("x", "1"), ("z", "3")], at: 2)
            try fixture.store.apply([("z", nil)], at: 3)
            try fixture.reopen()
            digests.insert(try fixture.store.digest(of: Samples.group))
            if let store = fixture.store as? RocksDBStore {
                #expect(try store.recomputeDigest(of: Samples.group) == store.digest(of: Samples.group))
            }
            try fixture.store.apply([("y", "3")], at: 4)
            #expect(try !digests.contains(fixture.store.digest(of: Samples.group)))
        }
        #expect(digests.count == 1)
    }

    @Test("A group that comes twice in one call is applied in order", arguments: StoreKind.allCases)
    func repeated(kind: StoreKind) throws {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...2))
        let applies = [(1, "old"), (2, "new")].map { index, value in
            var changes = TableChanges()
            changes.writes = [TableWrite(key: Array("a".utf8), value: Array(value.utf8))]
            return GroupApply(group: Samples.group, changes: changes, applied: Samples.position(UInt64(index)))
        }
        try fixture.store.apply(applies)
        #expect(try fixture.store.text("a") == "new")
        // Opening recomputes the digest.
        try fixture.reopen()
        #expect(try fixture.store.text("a") == "new")
    }

    @Test("A machine crash takes back exactly what no later sync covered")
    func losingUnsynced() throws {
        let store = InMemoryStore()
        try store.makeGroup()
        try store.append(Samples.entries(1...3))
        try store.apply([("a", "1")], at: 1)
        try store.append(Samples.entries(4...4))
        let digest = try store.digest(of: Samples.group)
        try store.apply([("a", "2"), ("b", "2")], at: 2)
        try store.apply([("a", nil)], at: 3)
        store.crash(losingUnsynced: true)
        #expect(try store.text("a") == "1")
        #expect(try store.text("b") == nil)
        #expect(try store.digest(of: Samples.group) == digest)
        #expect(try store.stored().applied == Samples.position(1))
        #expect(try store.stored().membership == Samples.members)
        #expect(try store.log(of: Samples.group).lastIndex == LogIndex(4))
    }

    @Test("A crash takes back no change of members")
    func membersAreSynced() throws {
        let store = InMemoryStore()
        try store.makeGroup()
        try store.append(Samples.entries(1...2))
        let members = Membership(voters: [ReplicaID(8)])
        try store.apply([("a", "1")], at: 1, membership: members)
        try store.apply([("a", "2")], at: 2)
        store.crash(losingUnsynced: true)
        #expect(try store.text("a") == "1")
        #expect(try store.stored().applied == Samples.position(1))
        #expect(try store.stored().membership == members)
    }
}

@Suite("What a machine crash leaves of a store in memory")
struct InMemoryCrashTests {
    @Test("A torn tail is a prefix of what was not synced", arguments: 0...4)
    func prefix(kept: Int) throws {
        let store = InMemoryStore()
        try store.makeGroup()
        try store.append(Samples.entries(1...3))
        for index: UInt64 in 1...3 { try store.apply([("a", "\(index)")], at: index) }
        #expect(store.unsyncedWrites == 3)
        store.crash(keepingUnsynced: kept)
        #expect(try store.text("a") == (kept == 0 ? nil : "\(min(kept, 3))"))
        #expect(try store.stored().applied.index == LogIndex(UInt64(min(kept, 3))))
        #expect(store.unsyncedWrites == 0)
        #expect(try store.log(of: Samples.group).lastIndex == LogIndex(3))
    }

    @Test("A copy and its original go their own ways")
    func copies() throws {
        let store = InMemoryStore()
        try store.makeGroup()
        try store.append(Samples.entries(1...2))
        try store.apply([("a", "1")], at: 1)
        let copy = store.copy()
        try store.append(Samples.entries(3...3))
        try store.apply([("a", "2")], at: 2)
        try copy.setFact([9], for: [1])
        #expect(try copy.text("a") == "1" && copy.log(of: Samples.group).lastIndex == LogIndex(2))
        #expect(try store.text("a") == "2" && store.fact(for: [1]) == nil)
        #expect(try copy.stored().applied == Samples.position(1))
    }
}

@Suite("A table transaction reads its own writes")
struct TableTransactionTests {
    private struct Rows: TableReader {
        var rows: [(String, String)]
        var failure: StorageError?

        func value(for key: [UInt8]) throws(StorageError) -> [UInt8]? {
            if let failure { throw failure }
            return rows.first { Array($0.0.utf8) == key }.map { Array($0.1.utf8) }
        }

        func rows(withPrefix prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StorageError) -> [TableRow] {
            if let failure { throw failure }
            let found = rows.map { TableRow(key: Array($0.0.utf8), value: Array($0.1.utf8)) }.filter {
                $0.key.starts(with: prefix) && (after.map { $0.lexicographicallyPrecedes } ?? { _ in true })($0.key)
            }
            return Array(found.prefix(limit))
        }
    }

    private static let base = Rows(rows: [("a", "1"), ("b", "1"), ("d", "1")])

    @Test("Puts and deletions show in single reads and in lists, within the limit")
    func overlay() {
        var transaction = TableTransaction(Self.base)
        transaction.put(Array("2".utf8), for: Array("c".utf8))
        transaction.put(Array("2".utf8), for: Array("b".utf8))
        transaction.delete(Array("a".utf8))
        #expect(transaction.value(for: Array("a".utf8)) == nil)
        #expect(transaction.value(for: Array("b".utf8)) == Array("2".utf8))
        #expect(transaction.value(for: Array("d".utf8)) == Array("1".utf8))
        func list(_ after: String?, _ limit: Int) -> [String] {
            transaction.rows(withPrefix: [], after: after.map { Array($0.utf8) }, limit: limit)
                .map { String(decoding: $0.key + $0.value, as: UTF8.self) }
        }
        #expect(list(nil, .max) == ["b2", "c2", "d1"])
        #expect(list(nil, 2) == ["b2", "c2"])
        #expect(list("b", 2) == ["c2", "d1"])
        #expect(transaction.changes.writes.map { String(decoding: $0.key, as: UTF8.self) } == ["a", "b", "c"])
        #expect(transaction.failure == nil)
    }

    @Test("A read that fails is kept and does not throw")
    func failure() {
        var transaction = TableTransaction(Rows(rows: [], failure: .damaged("here")))
        #expect(transaction.value(for: [1]) == nil)
        #expect(transaction.rows(withPrefix: []) == [])
        #expect(transaction.failure == .damaged("here"))
    }
}
