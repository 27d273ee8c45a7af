import Glibc
import Storage
import Synchronization

/// The thread under a `ShardCore`: an inbox, woken once per burst, and the only place that reads the clock for it.
final class GroupShard<Outbox: ShardOutbox & Sendable>: Sendable {
    private struct Inbox {
        var events: [ShardEvent] = []
        var isStopping = false
    }

    // SAFETY: the core is used by the shard's thread only, and by `init` before that thread exists.
    private nonisolated(unsafe) let core: ShardCore<Outbox>
    private let perform: @Sendable (sending ShardEffects) -> Void
    private let signal = ThreadSignal()
    // SAFETY: read and written only while `signal`'s mutex is held.
    private nonisolated(unsafe) var inbox = Inbox()
    private let finished = ThreadSignal()
    // SAFETY: read and written only while `finished`'s mutex is held.
    private nonisolated(unsafe) var isFinished = false

    init(core: sending ShardCore<Outbox>, perform: @escaping @Sendable (sending ShardEffects) -> Void) {
        self.core = core
        self.perform = perform
    }

    func start() {
        startThread(named: "shard") { self.run() }
    }

    /// Adds an event; wakes the thread if it sleeps. After `stop` events are dropped and their completions never
    /// called.
    func post(_ event: sending ShardEvent) {
        signal.locked {
            if !inbox.isStopping { inbox.events.append(event) }
        }
        signal.wake()
    }

    /// Ends the thread after the current turn and waits for it.
    func stop() {
        signal.locked { inbox.isStopping = true }
        signal.wake()
        finished.wait { isFinished }
    }

    private func run() {
        while true {
            let due = core.nextTurn
            var isStopping = false
            let events = signal.wait(until: due) { () -> [ShardEvent]? in
                isStopping = inbox.isStopping
                if inbox.events.isEmpty && !isStopping { return nil }
                let events = inbox.events
                inbox.events = []
                return events
            }
            if isStopping { break }
            // By the store's own measure: a turn is also long because of what it reads, applies and sends.
            let lastSync = core.store.takeSyncTime()
            let effects = core.turn(events ?? [], now: monotonicNanoseconds(), lastSync: lastSync)
            if !effects.isIdle { perform(effects) }
        }
        core.shutDown()
        finished.locked { isFinished = true }
        finished.wake()
    }
}
