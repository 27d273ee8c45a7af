import Glibc

/// The machine's clocks, in nanoseconds.
enum TrueClock {
    static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    /// What a clock shows more than the monotonic one: the closest of a few readings.
    static func origin(of clock: clockid_t) -> Int64 {
        var best = (span: Int64.max, origin: Int64(0))
        for _ in 0..<16 {
            let before = monotonic
            let shown = read(clock)
            let after = monotonic
            if after - before < best.span { best = (after - before, shown - before - (after - before) / 2) }
        }
        return best.origin
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
