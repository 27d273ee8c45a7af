import Synchronization

/// Watches how late this process is woken: on a machine that is short of time no measured gap means much.
final class ClockWatch: Sendable {
    private let longest = Mutex<Duration>(.zero)
    private let task = Mutex<Task<Void, Never>?>(nil)
    private static let step = Duration.milliseconds(20)

    func start() {
        let watching = Task { [self] in
            while !Task.isCancelled {
                let asked = ContinuousClock.now + Self.step
                try? await Task.sleep(until: asked, clock: .continuous)
                let late = ContinuousClock.now - asked
                longest.withLock { $0 = max($0, late) }
            }
        }
        task.withLock { $0 = watching }
    }

    /// The longest wait beyond what was asked for.
    func stop() -> Duration {
        task.withLock { task in
            task?.cancel()
            task = nil
        }
        return longest.withLock { $0 }
    }
}
