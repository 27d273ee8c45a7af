import Glibc

/// How long synced writes took since somebody last asked, in nanoseconds.
struct SyncTime {
    private var total: UInt64 = 0
    private var count: UInt64 = 0

    mutating func note(_ time: UInt64) {
        total += time
        count += 1
    }

    /// The mean of what was noted since the last call; nil for nothing.
    mutating func take() -> UInt64? {
        defer { self = SyncTime() }
        return count > 0 ? total / count : nil
    }

    /// Stands still while the machine sleeps: that is no time that a disk took.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
