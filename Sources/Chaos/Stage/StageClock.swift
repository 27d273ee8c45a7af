import Synchronization

/// The time of a run, and who is told what happens in it.
package final class StageClock: Sendable {
    private struct State {
        var began: ContinuousClock.Instant?
        var observers: [@Sendable (RunRecord.Event) -> Void] = []
    }

    private let made = ContinuousClock.now
    private let state = Mutex(State())

    package init() {}

    /// Nanoseconds since the clock began, or since it was made while it has not begun.
    package var now: Int64 {
        let began = state.withLock { $0.began } ?? made
        return Int64((ContinuousClock.now - began) / .nanoseconds(1))
    }

    /// From now on the time counts from zero.
    package func begin() { state.withLock { $0.began = .now } }

    /// The body is called with all that is told from now on, from any thread.
    package func observe(_ body: @escaping @Sendable (RunRecord.Event) -> Void) {
        state.withLock { $0.observers.append(body) }
    }

    /// Tells it now. What happens before the load begins stands at its beginning.
    package func tell(
        _ kind: RunRecord.Event.Kind, _ text: String, nodes: [String] = [], group: String = "", term: UInt64 = 0
    ) {
        let (observers, hasBegun) = state.withLock { ($0.observers, $0.began != nil) }
        let event = RunRecord.Event(
            at: hasBegun ? now : 0, kind, text, nodes: nodes, group: group, term: term)
        for observer in observers { observer(event) }
    }
}
