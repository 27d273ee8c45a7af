import Glibc
import Synchronization

/// A process that we started and that lives on after us: its own session, no terminal, its output in a file.
///
/// While we live it is our child. A thread waits for its end and takes it out of the process table at once, so that
/// nobody else who looks at this process's children ever finds one that no one asks for.
package final class DetachedProcess: Sendable {
    package let pid: Int32
    /// What wait(2) said; nil while the process runs. Its pid is not given to another before this is set.
    private let ended = Mutex<Int32?>(nil)
    /// Ours that have not ended.
    private static let running = Mutex<Set<Int32>>([])

    private init(pid: Int32) { self.pid = pid }

    /// Starts a program; both its output streams are appended to `log`. `environment` is added to our own.
    @discardableResult
    package static func spawn(
        _ executable: String, arguments: [String], environment: [String: String] = [:], log: String
    ) throws(TopologyError) -> DetachedProcess {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { throw TopologyError(executable, "out of memory") }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { throw TopologyError(executable, "out of memory") }
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(newSession) | Int16(POSIX_SPAWN_SETSIGMASK))
        // No pipe or lock of ours is held open by a node. What is closed meanwhile does no harm.
        for descriptor in openDescriptors() { posix_spawn_file_actions_addclose(&actions, descriptor) }

        var arguments: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = Self.variables(adding: environment).map { strdup($0) }
        defer { for variable in variables { free(variable) } }
        variables.append(nil)
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, executable, &actions, &attributes, arguments, variables)
        guard failure == 0 else {
            throw TopologyError(executable, "cannot be started: \(SystemFailure.phrase(for: failure))")
        }
        let process = DetachedProcess(pid: pid)
        running.withLock { _ = $0.insert(process.pid) }
        process.watch()
        return process
    }

    /// Whether the pid is of a process that was started here and has not ended; its ports and files may still be held.
    package static func isRunning(_ pid: Int32) -> Bool { running.withLock { $0.contains(pid) } }

    /// What wait(2) says about the end; nil while the process runs.
    package var status: Int32? { reap(options: WNOHANG) }

    /// Blocks until the process has ended. Returns what wait(2) says about that.
    @discardableResult
    package func wait() -> Int32 {
        while true {
            // Only looks, so that the lock is not held while the process runs.
            var information = siginfo_t()
            let isOver = waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) == 0 || errno != EINTR
            if isOver, let status = reap(options: 0) { return status }
        }
    }

    /// Sends a signal unless the process has ended. Returns whether it was sent.
    @discardableResult
    package func send(_ signal: Int32) -> Bool {
        ended.withLock { $0 == nil && kill(pid, signal) == 0 }
    }

    /// Asks the process to end, and kills it if it runs on after `grace`.
    package func stop(grace: Duration = .seconds(5)) {
        send(SIGTERM)
        if Patience.wait(for: grace, until: { status != nil }) { return }
        send(SIGKILL)
        wait()
    }

    private func reap(options: Int32) -> Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            let found = waitpid(pid, &status, options)
            // ECHILD: somebody else in this process took it out; how it ended is not to be learned any more.
            guard found == pid || found < 0 && errno == ECHILD else { return nil }
            ended = status
            _ = Self.running.withLock { $0.remove(pid) }
            return status
        }
    }

    /// Without a thread to spare, the end is noticed when somebody asks for it.
    private func watch() {
        let argument = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<DetachedProcess>.fromOpaque(argument).takeRetainedValue().wait()
                return nil
            }, argument.toOpaque())
        guard failure == 0 else { return argument.release() }
        pthread_detach(thread)
    }

    /// Our own environment as `NAME=value`, without what `added` names, and then that.
    private static func variables(adding added: [String: String]) -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            let text = String(cString: variable)
            let name = text.prefix { $0 != "=" }
            if added[String(name)] == nil { variables.append(text) }
            next += 1
        }
        return variables + added.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    /// What this process has open beyond the three standard streams.
    private static func openDescriptors() -> [Int32] {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var found: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { found.append(descriptor) }
        }
        return found
    }

    /// POSIX_SPAWN_SETSID of glibc 2.26 and later, behind a feature macro that Swift does not set.
    private static let newSession: Int32 = 0x80
}
