package import KeyModel
import Synchronization

/// A node's absence from service for a limited time, as drills ask for it: another node leads what it led, and its door
/// refuses calls for keys. It goes on replicating, so no placement loses a replica.
///
/// The time ends it: an operator's machine that dies in a drill leaves nothing behind.
package final class NodeIsolation: Sendable {
    package static let longestSeconds: UInt32 = 3600

    private struct State {
        /// Counts what was asked, so that an answer to an earlier wish changes nothing.
        var wish: UInt64 = 0
        /// When the node comes back, monotonic nanoseconds; nil: it is in service.
        var end: UInt64?
        /// The node leaves for good: it must not take leaderships up any more.
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Calls are refused until then; what each call asks for is this one word.
    private let refusedUntil = Atomic<UInt64>(0)
    private let handOver: @Sendable () async -> Bool
    private let takeUp: @Sendable () -> Void
    private let clock: @Sendable () -> UInt64

    /// `handOver` gives every leadership away and says whether that was possible; `takeUp` lets the node lead again and
    /// returns at once.
    package init(
        handOver: @escaping @Sendable () async -> Bool, takeUp: @escaping @Sendable () -> Void,
        clock: @escaping @Sendable () -> UInt64 = { monotonicNow() }
    ) {
        self.handOver = handOver
        self.takeUp = takeUp
        self.clock = clock
    }

    /// Whether calls for keys are refused.
    package var isActive: Bool {
        let until = refusedUntil.load(ordering: .relaxed)
        return until != 0 && clock() < until
    }

    /// Whole seconds until the node is in service again, rounded up.
    package var remainingSeconds: UInt32 {
        let (until, now) = (refusedUntil.load(ordering: .relaxed), clock())
        return until > now ? UInt32(clamping: (until - now + 999_999_999) / 1_000_000_000) : 0
    }

    /// Hands over, and refuses calls from then on; returns when it does. The time counts from now, and replaces that of
    /// an isolation that goes on. Throws `invalidKeyState` when nobody else can lead, and serves on.
    package func begin(seconds: UInt32) async throws(KMSError) {
        let end = clock() + UInt64(min(seconds, Self.longestSeconds)) * 1_000_000_000
        let wish = state.withLock { state -> UInt64? in
            guard !state.isClosed else { return nil }
            state.wish += 1
            state.end = end
            return state.wish
        }
        guard let wish else { throw KMSError(.invalidKeyState, "this node is leaving") }
        let isFree = await handOver()
        let isWanted = state.withLock { state in
            guard state.wish == wish, !state.isClosed else {
                // The end may have come before the hand-over began: then nobody else will let the node lead again.
                if state.end == nil, !state.isClosed { takeUp() }
                return false
            }
            if isFree { refusedUntil.store(end, ordering: .relaxed) } else { release(&state) }
            return true
        }
        guard isWanted else { throw KMSError(.invalidKeyState, "the isolation was ended while it began") }
        guard isFree else {
            throw KMSError(.invalidKeyState, "no other node can lead what this one leads; it stays in service")
        }
    }

    /// Back into service. Does nothing if the node is in service.
    package func end() {
        state.withLock { state in
            state.wish += 1
            release(&state)
        }
    }

    /// Before the node leaves for good: nothing is taken up after it.
    package func close() {
        state.withLock { state in
            state.isClosed = true
            state.end = nil
        }
    }

    /// Lets the node lead again when the time is over; until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            expire()
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// As `run` does it, once.
    package func expire() {
        state.withLock { state in
            guard let end = state.end, clock() >= end else { return }
            state.wish += 1
            release(&state)
        }
    }

    private func release(_ state: inout State) {
        refusedUntil.store(0, ordering: .relaxed)
        guard state.end != nil, !state.isClosed else { return }
        state.end = nil
        takeUp()
    }
}
