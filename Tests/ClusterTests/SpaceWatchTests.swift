import Cluster
import Glibc
import Storage
import Testing

@Suite("The watch over the disk's space")
struct SpaceWatchTests {
    @Test("The first look tells the level, publishes what is free and keeps the reserve while there is room")
    func begins() throws {
        var template = Array("/tmp/claviger-space-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { rmdir(path) }
        let volume = StoreVolume(path: path)
        let told = Answer<SpaceLevel>()
        let watch = SpaceWatch(volume) { told.set($0) }
        watch.begin()
        watch.stop()
        #expect(told.value == watch.level)
        let space = try volume.space()
        #expect(watch.free > 0 && watch.free <= space.total)
        if watch.level == .good, space.free > SpaceRule.low(of: space.total) + 4 * StoreVolume.reserve {
            #expect(volume.hasReserve)
        }
        volume.giveUpReserve()
    }
}
