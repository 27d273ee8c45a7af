import Glibc
import Storage
import Testing

@Suite("Space on the disk")
struct SpaceTests {
    private static let mebibyte: UInt64 = 1 << 20

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
}
