import CChaos
import Chaos
import FoundationEssentials
import Glibc
import Testing

@Suite("The folder of a run")
struct RunFolderTests {
    private static let lock = ".claviger-chaos.lock"

    /// Where this test makes its folders; removed with the fixture.
    private let ground: RunFolder

    init() throws { ground = try RunFolder() }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func folder(_ name: String, holding files: [String]) throws -> String {
        let path = ground.path + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for file in files { try Data("x".utf8).write(to: URL(filePath: path + "/" + file)) }
        return path
    }

    @Test("It is its owner's alone and goes with its holder")
    func life() throws {
        var run: RunFolder? = try RunFolder(in: ground.path)
        let path = try #require(run?.path)
        var status = claviger_file_status()
        #expect(claviger_file_look(path, &status) == 0)
        #expect(status.is_folder && status.mode == 0o700)
        try FileManager.default.createDirectory(atPath: path + "/a/b", withIntermediateDirectories: true)
        run = nil
        #expect(!exists(path))
    }

    @Test("A link in it is removed, not what it points to")
    func links() throws {
        let kept = try folder("elsewhere", holding: ["file"])
        let run = try RunFolder(in: ground.path)
        symlink(kept, run.path + "/link")
        run.remove()
        run.remove()
        #expect(!exists(run.path))
        #expect(exists(kept + "/file"))
    }

    @Test("One that is kept stays, and no sweep takes it")
    func keeping() throws {
        let early = try RunFolder(keep: true, in: ground.path)
        let late = try RunFolder(in: ground.path)
        #expect(early.isKept)
        #expect(!late.isKept)
        late.keep()
        #expect(late.isKept)
        for run in [early, late] {
            run.remove()
            #expect(exists(run.path))
        }
        #expect(RunFolder.sweep(in: ground.path) == [])
    }

    @Test("A sweep takes what nobody holds, and nothing else")
    func sweeping() throws {
        let living = try RunFolder(in: ground.path)
        let left = try folder("claviger-chaos.aB3xYz", holding: [Self.lock, "data"])
        let others = [
            try folder("claviger-chaos.aB3xY0", holding: ["data"]),
            try folder("claviger-chaos.aB3xYz7", holding: [Self.lock]),
            try folder("claviger-chaos.aB3.Yz", holding: [Self.lock]),
            try folder("other.aB3xYz", holding: [Self.lock]),
        ]
        let target = try folder("target", holding: [Self.lock])
        symlink(target, ground.path + "/claviger-chaos.linked")
        #expect(RunFolder.sweep(in: ground.path) == [left])
        #expect(!exists(left))
        for path in others + [living.path, target + "/" + Self.lock] { #expect(exists(path)) }
    }

    @Test("A folder that cannot be made is said to be so")
    func refused() {
        #expect(throws: ChaosError.self) { try RunFolder(in: "/no/such/folder") }
    }
}
