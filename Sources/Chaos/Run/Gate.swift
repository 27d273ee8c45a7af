import Synchronization

/// Opened once; who waits goes on then.
final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)

    @Sendable func open() { isOpen.store(true, ordering: .releasing) }

    /// Looks every 2 ms, and gives up after `time`.
    func wait(atMost time: Duration) async {
        let end = ContinuousClock.now + time
        while !isOpen.load(ordering: .acquiring), ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}
