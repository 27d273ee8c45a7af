import Chaos
import Glibc
import Testing
import Topology

@Suite("The search for leaks")
struct LeakSearchTests {
    @Test("Only what can be written to is looked at")
    func regions() {
        let maps = """
            55d0c8a00000-55d0c8a20000 r-xp 00000000 08:01 1 /usr/bin/clavigerd
            7f0000000000-7f0000001000 rw-p 00000000 00:00 0
            7f0000002000-7f0000003000 ---p 00000000 00:00 0
            7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0 [stack]
            ffffffffff600000-ffffffffff601000 rw-p 00000000 00:00 0 [strange]
            nonsense
            """
        #expect(
            ProcessMemory.regions(in: maps) == [
                ProcessMemory.Region(start: 0x7f00_0000_0000, end: 0x7f00_0000_1000),
                ProcessMemory.Region(start: 0x7ffd_0000_0000, end: 0x7ffd_0002_1000),
            ])
    }

    @Test("What a process has in its memory is found there, and what it does not have is not")
    func memory() throws {
        let present = (0..<24).map { _ in UInt8.random(in: .min ... .max) }
        let kept = UnsafeMutableRawBufferPointer.allocate(byteCount: 3 << 20, alignment: 16)
        defer { kept.deallocate() }
        // Across the end of a piece that is looked at in one go.
        for (index, byte) in present.enumerated() { kept[(1 << 20) - 10 + index] = byte }
        let pattern = try #require(CanarySearch.Pattern(label: "present", bytes: present))
        var found: Set<String> = []
        let bytes = try ProcessMemory(pid: getpid()).search(CanarySearch(patterns: [pattern]), into: &found)
        #expect(found == ["present"])
        #expect(bytes > 3 << 20)
    }

    @Test("A node is searched for what is of placements that it does not hold, but not for what was brought to it")
    func patterns() {
        let search = LeakSearch(wanted: [
            .init(label: "one", bytes: Array("eu/acme/orders".utf8), placement: "eu"),
            .init(label: "two", bytes: Array("us/acme/orders".utf8), placement: "us"),
        ])
        let labels = { (search: CanarySearch) in Set(search.patterns.map { String($0.label.prefix(3)) }) }
        #expect(labels(search.search(outside: ["us"])) == ["one"])
        #expect(labels(search.search(outside: [])) == ["one", "two"])
        #expect(labels(search.search(of: "us")) == ["two"])
        let brought = [Array("..us/acme/orders..".utf8)]
        #expect(labels(search.search(outside: ["eu"], except: brought)).isEmpty)
        #expect(labels(search.search(outside: [], except: brought)) == ["one"])
    }
}
