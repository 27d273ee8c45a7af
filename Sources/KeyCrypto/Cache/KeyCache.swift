import Synchronization

/// Unwrapped key versions in locked memory: bounded, shared by all threads, with no clock of its own. The caller passes
/// a
/// monotonic instant in nanoseconds. An entry unused for the idle time is no longer given out and is wiped by `sweep`.
package final class KeyCache: Sendable {
    /// Names a key version by its 16-byte key id.
    package struct Identifier: Sendable, Hashable {
        package let keyID: [UInt8]
        package let version: UInt32

        package init(keyID: [UInt8], version: UInt32) {
            self.keyID = keyID
            self.version = version
        }
    }

    /// Taken before an unwrap starts. An invalidation in between makes it void, so that a key that was just destroyed
    /// or
    /// disabled is not put back by a slow thread.
    package struct Ticket: Sendable, Hashable {
        let invalidations: UInt64
    }

    private let state: Mutex<KeyCacheState>

    /// Holds at most `capacity` (at least 1) keys; `idleTime` in nanoseconds.
    package init(capacity: Int, idleTime: UInt64) {
        state = Mutex(KeyCacheState(capacity: max(capacity, 1), idleTime: idleTime))
    }

    package var count: Int { state.withLock { $0.slots.count } }

    /// The key, if it is held for exactly this generation of the key's state and was used within the idle time.
    package func value(_ id: Identifier, generation: UInt64, now: UInt64) -> SharedSecret? {
        state.withLock { $0.value(id, generation: generation, now: now) }
    }

    /// To be taken before a key is unwrapped: any invalidation in between voids the insert that brings it.
    package func ticket() -> Ticket { Ticket(invalidations: state.withLock { $0.invalidations }) }

    /// Adds or replaces a key; false when the ticket is void. A full cache gives up an entry that was not used lately.
    @discardableResult
    package func insert(
        _ secret: SharedSecret, for id: Identifier, placement: String, generation: UInt64, now: UInt64, ticket: Ticket
    ) -> Bool {
        let slot = KeyCacheState.Slot(
            id: id, placement: placement, generation: generation, secret: secret, lastUse: now)
        return state.withLock { $0.insert(slot, ticket: ticket) }
    }

    /// Drops every version of a key and returns how many there were.
    @discardableResult
    package func invalidate(keyID: [UInt8]) -> Int {
        state.withLock { $0.invalidate { $0.id.keyID == keyID } }
    }

    /// Drops every key of a placement, for example when its state became too old.
    @discardableResult
    package func invalidate(placement: String) -> Int {
        state.withLock { $0.invalidate { $0.placement == placement } }
    }

    /// Drops everything.
    @discardableResult
    package func invalidateAll() -> Int {
        state.withLock { $0.invalidate { _ in true } }
    }

    /// Drops, and so wipes, what was not used for the idle time. Returns how many there were.
    @discardableResult
    package func sweep(now: UInt64) -> Int {
        state.withLock { state in
            let idleTime = state.idleTime
            return state.removeAll { KeyCacheState.isIdle($0.lastUse, now: now, idleTime: idleTime) }
        }
    }
}

extension KeyCache: CustomStringConvertible, CustomReflectable {
    package var description: String { "KeyCache(\(count) keys, redacted)" }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
