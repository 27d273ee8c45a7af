import Glibc
import Testing
import Topology

/// Programs that are started here and live apart.
@Suite("Detached processes", .timeLimit(.minutes(1)))
struct DetachedProcessTests {
    private static func spawn(_ script: String, log: String = "/dev/null") throws -> DetachedProcess {
        try DetachedProcess.spawn("/bin/sh", arguments: ["-c", script], log: log)
    }

    /// Whether the kernel still has the process, be it only as a child that nobody has waited for.
    private static func isInTable(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

    @Test("A child that ends is taken out of the process table, though nobody asks for it")
    func reaped() async throws {
        let pid = try Self.spawn("exit 0").pid
        while Self.isInTable(pid) { try await Task.sleep(for: .milliseconds(5)) }
        #expect(waitpid(pid, nil, WNOHANG) == -1)
        while DetachedProcess.isRunning(pid) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("How a child ended is known to those who ask, however often")
    func status() throws {
        let ended = try Self.spawn("exit 3")
        #expect(ended.wait() == 3 << 8)
        #expect(ended.wait() == 3 << 8)
        #expect(ended.status == 3 << 8)
        #expect(!DetachedProcess.isRunning(ended.pid))

        let running = try Self.spawn("exec sleep 60")
        #expect(running.status == nil)
        #expect(DetachedProcess.isRunning(running.pid))
        #expect(running.send(SIGKILL))
        #expect(running.wait() == SIGKILL)
        #expect(!running.send(SIGKILL))
    }

    @Test("A child has our environment and what is added to it, which stands before what we have")
    func environment() throws {
        let scratch = try ScratchDirectory()
        let script = "test \"$CLAVIGER_ADDED\" = 'a=b c' && test \"$HOME\" = /added && test -n \"$PATH\""
        let child = try DetachedProcess.spawn(
            "/bin/sh", arguments: ["-c", script], environment: ["CLAVIGER_ADDED": "a=b c", "HOME": "/added"],
            log: "\(scratch.path)/log")
        #expect(child.wait() == 0)
    }

    @Test("A child that does not listen is killed after the grace")
    func stop() throws {
        let scratch = try ScratchDirectory()
        let log = "\(scratch.path)/log"
        let deaf = try Self.spawn("trap '' TERM; echo deaf; while :; do sleep 0.05; done", log: log)
        while TextFile.lastLines(1, of: log).isEmpty { usleep(5000) }
        deaf.stop(grace: .milliseconds(100))
        #expect(deaf.status == SIGKILL)
        #expect(!Self.isInTable(deaf.pid))
    }

    @Test("A child has no descriptor of ours")
    func descriptors() throws {
        let scratch = try ScratchDirectory()
        let log = "\(scratch.path)/log"
        let kept = fcntl(STDIN_FILENO, F_DUPFD, 100)
        let high = fcntl(STDIN_FILENO, F_DUPFD, 300)
        defer {
            close(kept)
            close(high)
        }
        try #require(kept >= 100 && high >= 300)
        let child = try Self.spawn("ls /proc/$$/fd", log: log)
        #expect(child.wait() == 0)
        let open = TextFile.lastLines(100, of: log)
        #expect(open.contains("0") && open.contains("2"))
        #expect(!open.contains("\(kept)") && !open.contains("\(high)"))
        #expect(fcntl(kept, F_GETFD) == 0, "our own descriptor was changed")
    }

    @Test("When a node's stop returns, its process is gone altogether")
    func stoppedNode() throws {
        let fake = try FakeFederation(basePort: 27210)
        try fake.federation.prepare()
        let daemon = try fake.daemon(FakeFederation.patient)
        try fake.federation.start([fake.nodes[0]], daemon: daemon, isReady: { !fake.log($0).isEmpty })
        let process = fake.federation.process(of: fake.nodes[0])
        let pid = try #require(process.pid())
        #expect(LocalProcess.stop([process]) == [.stopped])
        #expect(!Self.isInTable(pid))
        #expect(!DetachedProcess.isRunning(pid))
    }

    @Test("A program made by a test starts, whatever other tests are starting meanwhile")
    func freshProgram() async throws {
        let fake = try FakeFederation(basePort: 27220)
        // A child holds what it inherited until it runs its program; on a busy machine that takes a while.
        let busy = try (0..<6).map { _ in try Self.spawn("while :; do :; done") }
        defer { for process in busy { process.stop(grace: .zero) } }
        let other = Task.detached {
            while !Task.isCancelled {
                try Self.spawn("exit 0").wait()
                await Task.yield()
            }
        }
        defer { other.cancel() }
        for _ in 0..<200 {
            let daemon = try fake.daemon("exit 0")
            #expect(try DetachedProcess.spawn(daemon, arguments: [], log: "/dev/null").wait() == 0)
            for path in [daemon, "\(daemon).sh"] { unlink(path) }
        }
        other.cancel()
        try await other.value
    }
}
