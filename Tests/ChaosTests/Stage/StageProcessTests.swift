import Chaos
import Glibc
import Synchronization
import Testing
import Topology

@Suite("A process of a run", .timeLimit(.minutes(1)))
struct StageProcessTests {
    /// Notes what is told.
    private final class Notes: Sendable {
        private let events = Mutex<[RunRecord.Event]>([])
        let clock = StageClock()

        init() { clock.observe { [weak self] event in self?.events.withLock { $0.append(event) } } }

        var kinds: [RunRecord.Event.Kind] { events.withLock { $0.map(\.kind) } }
        var texts: [String] { events.withLock { $0.map(\.text) } }

        func wait(for kind: RunRecord.Event.Kind) async throws {
            while !kinds.contains(kind) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private static func process(_ script: String, _ notes: Notes, log: String = "/dev/null") -> StageProcess {
        StageProcess("n1", logPath: log, clock: notes.clock) {
            try DetachedProcess.spawn("/bin/sh", arguments: ["-c", script], log: log)
        }
    }

    /// The state letter of /proc/PID/stat: T for one that is stopped.
    private static func state(of pid: Int32) throws -> String {
        let words = try TextFile.read("/proc/\(pid)/stat", limit: 4096).split(separator: " ")
        return words.count > 2 ? String(words[2]) : ""
    }

    @Test("It is started when it does not run, and told so when it is ready")
    func start() throws {
        let notes = Notes()
        let process = Self.process("exec sleep 60", notes)
        #expect(process.pid == nil)
        var asked = 0
        let took = try process.start {
            asked += 1
            return asked > 2
        }
        #expect(took >= .milliseconds(20))
        let pid = process.pid
        #expect(pid != nil)
        let again = try process.start { true }
        #expect(again == .zero)
        #expect(process.pid == pid)
        #expect(notes.kinds == [.nodeStarted, .nodeReady])
        process.close()
        #expect(process.pid == nil)
    }

    @Test("An end that nobody asked for is told with its status and the end of the log")
    func end() async throws {
        let notes = Notes()
        let scratch = try ScratchFolder()
        let process = Self.process("echo no more room; exit 7", notes, log: "\(scratch.path)/log")
        #expect(throws: ChaosError.self) { try process.start { false } }
        try await notes.wait(for: .nodeEnded)
        #expect(notes.texts.contains { $0.contains("status 7") && $0.contains("no more room") })
    }

    @Test("Ends that are asked for are not told; one that does not listen is killed, which is")
    func asked() async throws {
        let notes = Notes()
        let process = Self.process("exec sleep 60", notes)
        _ = try process.start { true }
        process.kill()
        #expect(process.pid == nil)
        _ = try process.start { true }
        try process.stop()
        #expect(process.pid == nil)
        try await Task.sleep(for: .milliseconds(50))
        #expect(!notes.kinds.contains(.nodeEnded))

        let deaf = Self.process("trap '' TERM; while :; do sleep 0.05; done", notes)
        _ = try deaf.start { true }
        try await Task.sleep(for: .milliseconds(200))
        #expect(throws: ChaosError.self) { try deaf.stop(grace: .milliseconds(200)) }
        #expect(deaf.pid == nil)
        deaf.close()
        #expect(throws: ChaosError.self) { _ = try deaf.start { true } }
    }

    @Test("One that is never ready is given up after its time, and runs on")
    func late() throws {
        let process = Self.process("exec sleep 60", Notes())
        #expect(throws: ChaosError.self) { _ = try process.start(within: .milliseconds(100)) { false } }
        #expect(process.pid != nil)
        process.close()
    }

    @Test("A pause stops it, and it can be killed meanwhile")
    func pause() async throws {
        let process = Self.process("exec sleep 60", Notes())
        #expect(throws: ChaosError.self) { try process.pause() }
        _ = try process.start { true }
        let pid = try #require(process.pid)
        try process.pause()
        while try Self.state(of: pid) != "T" { try await Task.sleep(for: .milliseconds(2)) }
        try process.resume()
        while try Self.state(of: pid) == "T" { try await Task.sleep(for: .milliseconds(2)) }
        try process.pause()
        process.kill()
        #expect(process.pid == nil)
    }

    @Test("With a tenth of its time it does about a tenth of the work")
    func slices() async throws {
        let process = Self.process("while :; do :; done", Notes())
        _ = try process.start { true }
        let pid = try #require(process.pid)
        #expect(throws: ChaosError.self) { try process.limit(to: 1.5) }
        try process.limit(to: 0.1)
        var stopped = 0
        for _ in 0..<100 {
            if try Self.state(of: pid) == "T" { stopped += 1 }
            try await Task.sleep(for: .milliseconds(10))
        }
        // Nine tenths, on a machine that has time for all.
        #expect(stopped > 60, "\(stopped)")
        try process.limit(to: nil)
        try await Task.sleep(for: .milliseconds(250))
        let after = try Self.state(of: pid)
        #expect(after != "T")
        process.close()
    }
}
