import Chaos
import FoundationEssentials
import Glibc
import Testing

@Suite("A sandbox", .enabled(if: Sandbox.obstacle() == nil))
struct SandboxTests {
    private func shell(_ script: String, environment: [String]? = nil) throws -> Int32 {
        try Sandbox.run(executable: "/bin/sh", arguments: ["-c", script], environment: environment)
    }

    @Test("It returns the program's status, or 128 and its signal", arguments: [("exit 7", 7), ("kill -9 $$", 137)])
    func status(script: String, status: Int32) throws {
        let found = try shell(script)
        #expect(found == status)
    }

    @Test("A program that is not there is said to be so")
    func absent() {
        #expect(throws: ChaosError("/no/such/program", "cannot be executed: No such file or directory")) {
            try Sandbox.run(executable: "/no/such/program", arguments: [])
        }
    }

    @Test("Its processes are alone and pid 1 is ours")
    func processes() throws {
        let found = try shell("test $$ = 2 && test \"$(cat /proc/1/comm)\" = claviger-init")
        #expect(found == 0)
    }

    @Test("Orphans are reaped while the program runs")
    func orphans() throws {
        let script = """
            sh -c 'sleep 0.05 & exit 0'
            sleep 0.3
            ! grep -q '^State:.Z' /proc/[0-9]*/status
            """
        let found = try shell(script)
        #expect(found == 0)
    }

    @Test("What it started ends with it")
    func descendants() throws {
        // A time that nobody else sleeps.
        let time = "3600.\(UInt32.random(in: 1...999_999_999))"
        let found = try shell("setsid sleep \(time) >/dev/null 2>&1 & sleep 0.1; exit 3")
        #expect(found == 3)
        let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
        let words = processes.compactMap { FileManager.default.contents(atPath: "/proc/\($0)/cmdline") }
        #expect(!words.contains { String(decoding: $0, as: UTF8.self).contains(time) })
    }

    @Test("What it mounts is not seen outside")
    func mounts() throws {
        let folder = try RunFolder()
        let found = try shell("mount -t tmpfs none '\(folder.path)' && touch '\(folder.path)/inside'")
        #expect(found == 0)
        #expect(access(folder.path + "/inside", F_OK) != 0)
    }

    @Test("Its network is empty but for a loopback that is up")
    func network() throws {
        let found = try shell("test $(grep -c : /proc/net/dev) = 1 && grep -q 127.0.0.1 /proc/net/fib_trie")
        #expect(found == 0)
    }

    @Test("Its environment is the given one")
    func environment() throws {
        let found = try shell("test \"$WORD\" = here", environment: ["WORD=here"])
        #expect(found == 0)
    }
}
