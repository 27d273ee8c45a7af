import Raft
import Storage
import Testing

@Suite("Every store sends and installs snapshots")
struct SnapshotConformanceTests {
    /// A group with more than two chunks of rows, applied at entry 1.
    private func sender(_ kind: StoreKind) throws -> StoreFixture {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...2, term: 5))
        let rows = (0..<300).map { ("row \($0)", String(repeating: "\($0 % 10)", count: 4000)) }
        try fixture.store.apply(rows, at: 1, term: 5)
        return fixture
    }

    private func receiver(_ kind: StoreKind) throws -> StoreFixture {
        let fixture = try StoreFixture(kind)
        try fixture.store.makeGroup()
        try fixture.store.append(Samples.entries(1...1, term: 1, "stale"))
        return fixture
    }

    @Test(
        "What one store sends another installs, whichever they are, and restarts do not matter",
        arguments: StoreKind.allCases, StoreKind.allCases)
    func transfer(from: StoreKind, to: StoreKind) throws {
        let (from, to) = (try sender(from), try receiver(to))
        try from.store.apply([("extra", "1")], at: 2, term: 5)
        let source = try from.store.snapshot(of: Samples.group)
        let wanted = try from.store.digest(of: Samples.group)
        let descriptor = source.descriptor
        #expect(descriptor.totalRows == 301)
        let count = (descriptor.totalBytes - 1) / (512 * 1024) + 1
        #expect(count == 3)
        try #require(try to.store.stage(descriptor, for: Samples.group).next == 0)
        for sequence in 0..<count {
            let staging = try to.store.stage(descriptor, for: Samples.group)
            #expect(staging.next == sequence)
            let chunk = try source.chunk(sequence)
            #expect(chunk.isLast == (sequence + 1 == count))
            try staging.accept(chunk)
            try staging.accept(chunk)
            try to.crash()
        }
        try to.store.stage(descriptor, for: Samples.group).verify()
        try to.crash()
        #expect(try to.store.stored().applied == .zero)
        #expect(try to.store.text("extra") == nil)
        try to.store.append([
            GroupAppend(
                group: Samples.group, hardState: HardState(term: Term(5), commit: LogIndex(2)),
                entries: Samples.entries(3...4, term: 5), snapshot: descriptor.metadata)
        ])
        for _ in 0..<2 {
            #expect(try to.store.digest(of: Samples.group) == wanted)
            #expect(try to.store.text("extra") == "1")
            #expect(try to.store.stored().applied == Samples.position(2, term: 5))
            #expect(try to.store.stored().truncated == Samples.position(2, term: 5))
            #expect(try to.store.everyEntry() == Samples.entries(3...4, term: 5))
            try to.crash()
        }
    }

    @Test("An image does not change while the store goes on", arguments: StoreKind.allCases)
    func isConsistent(kind: StoreKind) throws {
        let fixture = try sender(kind)
        let source = try fixture.store.snapshot(of: Samples.group)
        let before = try source.chunk(1)
        try fixture.store.apply([("row 0", nil), ("row 100", "changed"), ("row 999", "new")], at: 2, term: 5)
        #expect(try source.chunk(1) == before)
        #expect(try fixture.store.snapshot(of: Samples.group).descriptor != source.descriptor)
    }

    @Test("Both stores make the same image of the same rows")
    func sameImage() throws {
        let senders = try StoreKind.allCases.map(sender)
        let descriptors = try senders.map { try $0.store.snapshot(of: Samples.group).descriptor }
        #expect(Set(descriptors).count == 1)
        withExtendedLifetime(senders) {}
    }

    @Test("An empty table is one empty chunk", arguments: StoreKind.allCases)
    func empty(kind: StoreKind) throws {
        let (from, to) = (try StoreFixture(kind), try receiver(kind))
        try from.store.createGroup(Samples.group, membership: Samples.members, at: Samples.position(9), label: [])
        let source = try from.store.snapshot(of: Samples.group)
        let staging = try to.store.stage(source.descriptor, for: Samples.group)
        try staging.accept(try source.chunk(0))
        try staging.verify()
        try to.store.append([GroupAppend(group: Samples.group, snapshot: source.descriptor.metadata)])
        #expect(try to.store.stored().applied == Samples.position(9))
    }

    @Test("A bad chunk or image is refused, and nothing of it can be installed", arguments: StoreKind.allCases)
    func refusals(kind: StoreKind) throws {
        let (from, to) = (try sender(kind), try receiver(kind))
        let source = try from.store.snapshot(of: Samples.group)
        var descriptor = source.descriptor
        let staging = try to.store.stage(descriptor, for: Samples.group)
        var chunk = try source.chunk(0)
        chunk.bytes[17] ^= 1
        #expect(throws: StorageError.self) { try staging.accept(chunk) }
        #expect(throws: StorageError.self) { try staging.accept(try source.chunk(1)) }
        #expect(throws: StorageError.self) { try staging.verify() }
        let install = [GroupAppend(group: Samples.group, snapshot: descriptor.metadata)]
        #expect(throws: StorageError.self) { try to.store.append(install) }
        descriptor.checksum[0] ^= 1
        let other = try to.store.stage(descriptor, for: Samples.group)
        for sequence in 0..<3 as Range<UInt64> { try other.accept(try source.chunk(sequence)) }
        #expect(throws: StorageError.self) { try staging.accept(try source.chunk(0)) }
        #expect(throws: StorageError.self) { try other.verify() }
        #expect(other.next == 0)
        #expect(throws: StorageError.self) { try to.store.append(install) }
        try to.store.discardStaged(Samples.group)
        try to.crash()
        #expect(try to.store.stage(source.descriptor, for: Samples.group).next == 0)
        #expect(try to.store.everyEntry() == Samples.entries(1...1, term: 1, "stale"))
    }
}
