/// A machine's monotonic clock, which counts on through pauses and restarts and may run too fast or too slow.
struct SimulatedClock {
    /// Thousandths of the true rate.
    var rate: UInt64
    /// What it showed when time began.
    var offset: UInt64

    func local(_ now: UInt64) -> UInt64 { offset + now / 1000 * rate }

    /// The first true time at which it shows at least `local`.
    func global(_ local: UInt64) -> UInt64 {
        guard local > offset else { return 0 }
        return ((local - offset) + rate - 1) / rate * 1000
    }
}
