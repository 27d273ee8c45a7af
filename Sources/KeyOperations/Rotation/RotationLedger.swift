package import KeyModel
import Synchronization

/// A version that waits for its activation, as this node first saw it.
package struct PendingSighting: Hashable, Sendable {
    package var version: KeyVersionNumber
    /// This node's applied index then: who has applied that much has the version.
    package var index: UInt64
    /// This node's monotonic clock then, in nanoseconds: the version was committed before.
    package var seenAt: UInt64

    /// How long it has waited, in nanoseconds. None where a caller saw it after `now` was read.
    package func age(at now: UInt64) -> UInt64 { now > seenAt ? now - seenAt : 0 }
}

/// What this node remembers of versions that wait, and of what a placement's holders may still answer from.
///
/// Nothing in it needs to survive the process: whoever begins anew waits longer, never too short.
package final class RotationLedger: Sendable {
    private struct Entry {
        var placement: PlacementName
        var sighting: PendingSighting
    }

    /// How long a placement's holders may serve unconfirmed state, and until when some may go by an earlier, longer
    /// bound.
    private struct Staleness {
        var bound: UInt64
        var earlierEndsAt: UInt64 = 0
    }

    private struct State {
        var entries: [KeyID: Entry] = [:]
        var staleness: [PlacementName: Staleness] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Notes that a version is seen to wait; returns how it was seen first, which may be later than `now`.
    package func sight(
        _ version: KeyVersionNumber, of key: KeyID, in placement: PlacementName, index: UInt64, now: UInt64
    ) -> PendingSighting {
        state.withLock { state in
            if let known = state.entries[key]?.sighting, known.version == version { return known }
            let sighting = PendingSighting(version: version, index: index, seenAt: now)
            state.entries[key] = Entry(placement: placement, sighting: sighting)
            return sighting
        }
    }

    /// Forgets what waits no longer.
    func keep(_ keys: [KeyID], of placement: PlacementName) {
        state.withLock { state in
            guard !state.entries.isEmpty else { return }
            let kept = Set(keys)
            state.entries = state.entries.filter { $0.value.placement != placement || kept.contains($0.key) }
        }
    }

    /// Notes how long holders may serve unconfirmed state, in milliseconds. Where the bound is lowered, a holder that
    /// does not know it yet goes by the earlier one until that has run out.
    func note(maxStaleness milliseconds: Int64, of placement: PlacementName, now: UInt64) {
        let bound = UInt64(max(0, milliseconds)) * 1_000_000
        state.withLock { state in
            var staleness = state.staleness[placement] ?? Staleness(bound: bound)
            if bound < staleness.bound {
                staleness.earlierEndsAt = max(staleness.earlierEndsAt, now + Self.withMargin(staleness.bound))
            }
            staleness.bound = bound
            state.staleness[placement] = staleness
        }
    }

    /// From when on no holder that lacks the version can be fresh: its state was last confirmed before the version was
    /// committed.
    func expiry(of sighting: PendingSighting, in placement: PlacementName) -> UInt64 {
        state.withLock { state in
            guard let staleness = state.staleness[placement] else { return .max }
            return max(sighting.seenAt + Self.withMargin(staleness.bound), staleness.earlierEndsAt)
        }
    }

    /// A duration by this node's clock that outlasts the same by any other node's, whose clock may run slower by 2 %.
    private static func withMargin(_ duration: UInt64) -> UInt64 { duration + duration / 50 + 1_000_000_000 }
}
