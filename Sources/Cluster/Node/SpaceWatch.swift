package import Storage
import Synchronization

/// Looks at the room on a store's disk, on a thread of its own: a disk that hangs must not hang the shard.
///
/// Says which level there is whenever that changes, keeps the reserve while there is room for it, and gives it up when
/// there is almost none.
package final class SpaceWatch: Sendable {
    /// Time between two looks, in nanoseconds. What is written between them must fit into what is left at a level.
    private static let interval: UInt64 = 250_000_000
    private let volume: StoreVolume
    private let changed: @Sendable (SpaceLevel) -> Void
    private let signal = ThreadSignal()
    // SAFETY: read and written only while `signal`'s mutex is held.
    private nonisolated(unsafe) var isStopping = false
    // SAFETY: used by `begin` before the thread exists, and by the thread alone after that.
    private nonisolated(unsafe) var rule = SpaceRule()
    private let freeBytes = Atomic<UInt64>(0)
    private let levelValue = Atomic<UInt8>(0)

    /// `changed` is called on the watch's thread, and once by `begin`.
    package init(_ volume: StoreVolume, changed: @escaping @Sendable (SpaceLevel) -> Void) {
        self.volume = volume
        self.changed = changed
    }

    /// Free bytes at the last look.
    package var free: UInt64 { freeBytes.load(ordering: .relaxed) }
    /// The level at the last look.
    package var level: SpaceLevel { SpaceLevel(rawValue: levelValue.load(ordering: .relaxed)) ?? .good }

    /// Looks once, then again and again. Call once.
    package func begin() {
        look(isFirst: true)
        startThread(named: "space") { self.run() }
    }

    /// Ends the thread after its present look; does not wait for it.
    package func stop() {
        signal.locked { isStopping = true }
        signal.wake()
    }

    private func run() {
        while true {
            let isOver = signal.wait(until: monotonicNanoseconds() + Self.interval) { isStopping ? true : nil } ?? false
            if isOver { return }
            look(isFirst: false)
        }
    }

    private func look(isFirst: Bool) {
        // A disk that does not answer says nothing about its room: the level stays.
        guard let space = try? volume.space() else { return }
        freeBytes.store(space.free, ordering: .relaxed)
        let before = level
        let now = rule.level(at: space)
        if now != before || isFirst {
            levelValue.store(now.rawValue, ordering: .relaxed)
            changed(now)
        }
        if space.free < 2 * StoreVolume.reserve {
            volume.giveUpReserve()
        } else if now == .good, space.free >= SpaceRule.low(of: space.total) + 2 * StoreVolume.reserve {
            volume.keepReserve()
        }
    }
}
