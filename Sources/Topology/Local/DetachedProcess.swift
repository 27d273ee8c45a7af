import Glibc

/// A process that lives on after us: its own session, no terminal, its output in a file.
package enum DetachedProcess {
    /// Starts a program; both its output streams are appended to `log`.
    ///
    /// - Returns: the process id. The process is our child: `waitpid` tells how it ended.
    package static func spawn(
        _ executable: String, arguments: [String], log: String
    ) throws(TopologyError) -> Int32 {
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
        keepOwnDescriptors()

        var arguments: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, executable, &actions, &attributes, arguments, environ)
        guard failure == 0 else {
            throw TopologyError(executable, "cannot be started: \(SystemFailure.phrase(for: failure))")
        }
        return pid
    }

    /// POSIX_SPAWN_SETSID of glibc 2.26 and later, behind a feature macro that Swift does not set.
    private static let newSession: Int32 = 0x80

    /// Marks what we have open as not for children, so that no pipe of a caller is held open by a node.
    private static func keepOwnDescriptors() {
        for descriptor in Int32(3)..<256 where fcntl(descriptor, F_GETFD) >= 0 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }
}
