import Glibc

/// What the kernel allows this process, whatever its starter left as it was.
enum ProcessLimits {
    /// No core file, and as many descriptors as may be had: each connection of a caller is one.
    static func apply() {
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        var files = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &files) == 0, files.rlim_cur < files.rlim_max else { return }
        files.rlim_cur = files.rlim_max
        setrlimit(resource, &files)
    }
}
