import Glibc
import Telemetry

/// Replaces this process by a fresh one of the same program, arguments and pid.
enum Reincarnation {
    /// Does not return. Call after everything that must be on disk is there.
    static func begin() -> Never {
        // Descriptors without the flag would outlive the process image and keep ports and locks.
        for descriptor in 3..<descriptorLimit { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        // The mask of this thread is inherited: a thread of a pool has signals blocked that the new main thread needs.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", arguments)
        StandardError.write(
            "clavigerd: the program cannot be started anew: \(String(cString: strerror(errno))); start it again\n")
        _exit(75)
    }

    private static var descriptorLimit: Int32 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1 << 16 }
        return Int32(clamping: min(limit.rlim_cur, 1 << 20))
    }
}
