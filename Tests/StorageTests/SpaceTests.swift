import Glibc
import Storage
import Synchronization
import Testing

@Suite("Space on the disk")
struct SpaceTests {
    private static let mebibyte: UInt64 = 1 << 20

    /// The room that a store is told of.
    private final class Room: Sendable {
        let free = Atomic<UInt64>(1 << 39)
        var space: DiskSpace { DiskSpace(free: free.load(ordering: .relaxed), total: 1 << 40) }
    }

    @Test("A level begins at its bound and ends a quarter above it")
    func levels() {
        var rule = SpaceRule()
        let total = 10_000 * Self.mebibyte
        func level(_ mebibytes: UInt64) -> SpaceLevel {
            rule.level(at: DiskSpace(free: mebibytes * Self.mebibyte, total: total))
        }
        #expect(level(1_000) == .good)
        #expect(level(128) == .good)
        #expect(level(127) == .low)
        #expect(level(159) == .low)
        #expect(level(160) == .good)
        #expect(level(100) == .low)
        #expect(level(64) == .low)
        #expect(level(63) == .full)
        #expect(level(79) == .full)
        #expect(level(80) == .low)
        #expect(level(0) == .full)
        #expect(level(200) == .good)
    }

    @Test("A large disk is short of space earlier")
    func largeDisk() {
        var rule = SpaceRule()
        let total: UInt64 = 1 << 42
        #expect(rule.level(at: DiskSpace(free: total / 200, total: total)) == .good)
        #expect(rule.level(at: DiskSpace(free: total / 200 - 1, total: total)) == .low)
    }

    @Test("The reserve takes its room on the disk, and gives it back")
    func reserve() throws {
        let directory = try ScratchDirectory()
        let volume = StoreVolume(path: directory.path)
        #expect(try volume.space().total > 0)
        #expect(!volume.hasReserve)
        #expect(volume.keepReserve())
        #expect(volume.hasReserve)
        #expect(volume.keepReserve())
        #expect(volume.giveUpReserve())
        #expect(!volume.hasReserve)
        #expect(!volume.giveUpReserve())
    }

    @Test("A store opens beside its reserve and leaves it alone while there is room")
    func opensBesideReserve() throws {
        let directory = try ScratchDirectory()
        let path = directory.path + "/live"
        let first = try RocksDBStore(path: path)
        try first.initialize(Samples.identity)
        let volume = first.volume
        #expect(volume.keepReserve())
        first.close()
        let again = try RocksDBStore(path: path)
        #expect(again.identity == Samples.identity)
        #expect(try volume.hasReserve == (volume.space().free >= SpaceRule.full))
        again.close()
    }

    @Test("Files may be merged while there is room for what a merge writes, as much again, and what must be left")
    func compactionRule() {
        var rule = CompactionRule()
        func isAllowed(_ mebibytes: UInt64, largest: UInt64) -> Bool {
            rule.look(free: mebibytes * Self.mebibyte, largest: largest * Self.mebibyte)
            return rule.isAllowed
        }
        #expect(isAllowed(64, largest: 0))
        #expect(!isAllowed(63, largest: 0))
        #expect(!isAllowed(79, largest: 0))
        #expect(isAllowed(80, largest: 0))
        #expect(isAllowed(264, largest: 100))
        #expect(!isAllowed(263, largest: 100))
        #expect(!isAllowed(329, largest: 100))
        #expect(isAllowed(330, largest: 100))
        rule.look(free: .max, largest: .max)
        #expect(rule.isAllowed)
    }

    @Test(
        "Without room nothing is merged, writes go on, and with room again it is made up for", .timeLimit(.minutes(2)))
    func compaction() async throws {
        let directory = try ScratchDirectory()
        var options = RocksDBStoreOptions()
        // A flush every few writes, and a merge for every second flush.
        options.settings = "write_buffer_size=65536;level0_file_num_compaction_trigger=2"
        let room = Room()
        options.space = { _ in room.space }
        let store = try RocksDBStore(path: directory.path + "/live", options: options)
        try store.initialize(Samples.identity)
        try store.makeGroup()
        func tables() -> Int { directory.files(under: "live/db").count { $0.hasSuffix(".sst") } }
        let filler = String(repeating: "x", count: 32 << 10)

        room.free.store(0, ordering: .relaxed)
        store.weighCompaction()
        // More flushes than RocksDB lets pile up where it merges: by default it would stop all writes. A table holds
        // two entries, or four where a flush finds two memtables waiting.
        // Always of the same row: tables that share no keys are moved and not merged.
        try store.append(Samples.entries(1...169))
        for index in 1...160 as ClosedRange<UInt64> { try store.apply([("row", filler)], at: index) }
        let unmerged = tables()
        #expect(unmerged > 36, "\(unmerged) tables: they were merged, or writes were not flushed")
        // Said again it changes nothing.
        store.weighCompaction()
        #expect(tables() >= unmerged)

        room.free.store(1 << 39, ordering: .relaxed)
        store.weighCompaction()
        // RocksDB looks for what to merge when it has flushed.
        for index in 161...168 as ClosedRange<UInt64> { try store.apply([("row", filler)], at: index) }
        for _ in 0..<1_000 where tables() >= 12 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(tables() < 12, "of \(unmerged) tables")
        try store.apply([("row", "last")], at: 169)
        #expect(try store.everyEntry() == Samples.entries(1...169))
        #expect(try store.table(of: Samples.group).value(for: Array("row".utf8)) == Array("last".utf8))
        store.close()
    }

    @Test(
        "Rows of a group that was removed without room leave the files when there is room, also after a restart",
        .timeLimit(.minutes(2)))
    func sweptLater() async throws {
        let directory = try ScratchDirectory()
        var options = RocksDBStoreOptions()
        let room = Room()
        options.space = { _ in room.space }
        let needle = "nobody may find this"
        let first = try RocksDBStore(path: directory.path + "/live", options: options)
        try first.initialize(Samples.identity)
        try first.makeGroup()
        try first.append(Samples.entries(1...1))
        try first.apply([("row", needle)], at: 1)
        first.close()
        // The start has written the rows out of the log of the database into a table.
        room.free.store(0, ordering: .relaxed)
        let second = try RocksDBStore(path: directory.path + "/live", options: options)
        func isThere() -> Bool {
            directory.files(under: "live/db").filter { $0.hasSuffix(".sst") }.contains { name in
                let bytes = RawFile.read(directory.path + "/live/db/" + name)
                return String(decoding: bytes, as: UTF8.self).contains(needle)
            }
        }
        #expect(isThere())
        try second.removeGroup(Samples.group)
        #expect(isThere(), "tables were merged without room")
        second.close()
        let store = try RocksDBStore(path: directory.path + "/live", options: options)
        store.weighCompaction()
        #expect(isThere(), "tables were merged without room after a restart")
        room.free.store(1 << 39, ordering: .relaxed)
        store.weighCompaction()
        // RocksDB deletes a table a little after nobody needs it any more.
        for _ in 0..<500 where isThere() { try await Task.sleep(for: .milliseconds(20)) }
        #expect(!isThere())
        store.close()
    }
}
