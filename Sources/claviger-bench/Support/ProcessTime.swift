import Glibc
import Topology

/// CPU time that processes used so far.
enum ProcessTime {
    /// User and system time of all living processes among `pids`, in seconds; in steps of the kernel's clock tick, 10
    /// ms.
    static func used(by pids: [Int32]) -> Double {
        let perSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        return pids.reduce(0) { $0 + Double(ticks(of: $1)) / perSecond }
    }

    /// Our own user and system time, in seconds.
    static func own() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Fields 14 and 15 of /proc/PID/stat (proc(5)); the name in field 2 may hold spaces, so counting begins behind it.
    private static func ticks(of pid: Int32) -> Int {
        guard let text = try? TextFile.read("/proc/\(pid)/stat", limit: 4096), let end = text.lastIndex(of: ")") else {
            return 0
        }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return 0 }
        return user + system
    }
}
