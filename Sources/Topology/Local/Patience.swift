import Glibc

/// Waits for conditions that nobody announces, such as the end of another session's process.
enum Patience {
    /// Checks every 50 ms until the condition holds or the time is over. Returns whether it held.
    static func wait<Failure: Error>(
        for time: Duration, until condition: () throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + time
        while true {
            if try condition() { return true }
            if clock.now >= deadline { return false }
            usleep(50_000)
        }
    }
}
