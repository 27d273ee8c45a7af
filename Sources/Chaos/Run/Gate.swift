import Synchronization

/// Opened once; who waits goes on then.
package final class Gate: Sendable {
    /// When it was opened.
    private let opened = Mutex<ContinuousClock.Instant?>(nil)

    package init() {}

    /// Whether it was opened.
    package var isOpen: Bool { opened.withLock { $0 != nil } }

    /// Lets everybody go on, for good.
    @Sendable package func open() { opened.withLock { $0 = $0 ?? .now } }

    /// Whether it was opened more than `time` after a moment.
    package func openedLate(by time: Duration, after moment: ContinuousClock.Instant) -> Bool {
        opened.withLock { opened in opened.map { $0 > moment + time } ?? false }
    }

    /// Looks every 2 ms, and gives up after `time`.
    package func wait(atMost time: Duration) async {
        let end = ContinuousClock.now + time
        while !isOpen, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}
