import CFaultPage
import Glibc
import Synchronization

/// What the disk and the clocks of one node do wrong, changed while it runs: a file that the harness and the node's
/// process have mapped, read there by libclaviger-faults.so.
///
/// A node that is started again with the same page has the same faults, and its monotonic clocks go on from where they
/// were.
package final class FaultPage: Sendable {
    // SAFETY: stays mapped until the last reference is gone; all fields are read and changed by the atomic functions of
    // CFaultPage, changes with `changing` held.
    nonisolated(unsafe) private let page: UnsafeMutablePointer<claviger_fault_page>
    private let changing = Mutex(())

    /// Makes the file, with no fault. With `notesSyncs` processes note how much of each file is on disk, so that power
    /// can fail; that costs them a little with every sync. Throws if there is a file, or it cannot be made.
    package init(creating path: String, notesSyncs: Bool = false) throws(ChaosError) {
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ChaosError(path, "cannot be made: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let size = Int(CLAVIGER_FAULT_PAGE_BYTES)
        guard ftruncate(file, size) == 0 else {
            throw ChaosError(path, "cannot be made: \(String(cString: strerror(errno)))")
        }
        guard let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), mapped != MAP_FAILED else {
            throw ChaosError(path, "cannot be mapped: \(String(cString: strerror(errno)))")
        }
        page = mapped.bindMemory(to: claviger_fault_page.self, capacity: 1)
        var fresh = claviger_fault_page()
        fresh.space = (-1, -1, -1)
        fresh.origins = (
            TrueClock.origin(of: CLOCK_REALTIME), TrueClock.origin(of: CLOCK_MONOTONIC_RAW),
            TrueClock.origin(of: CLOCK_BOOTTIME), TrueClock.origin(of: CLOCK_TAI)
        )
        fresh.clocks = (Self.trueClocks, Self.trueClocks)
        fresh.magic = UInt64(CLAVIGER_FAULT_PAGE_MAGIC)
        page.initialize(to: fresh)
        if notesSyncs { claviger_note_syncs(page) }
    }

    deinit { munmap(page, Int(CLAVIGER_FAULT_PAGE_BYTES)) }

    /// Puts a fault of the disk in force, in place of the one of its kind: `slow(.zero)` and `space(area, bytes: -1)`
    /// undo theirs. What was to fail is undone by `resetDisk`.
    package func apply(_ fault: DiskFault) {
        changing.withLock { _ in
            switch fault {
            case .slow(let delay): claviger_set_sync_delay(page, max(0, delay.faultNanoseconds))
            case .failing(let once): claviger_set_sync_failures(page, once ? 1 : -1)
            case .space(let area, let bytes): claviger_set_space(page, Self.index(of: area), max(-1, bytes))
            case .sound: break
            }
        }
        if fault == .sound { resetDisk() }
    }

    /// The wall clock jumps by so much, on top of earlier steps; 200 years at most in all.
    package func stepClock(by step: Duration) {
        changing.withLock { _ in
            var clocks = current()
            let sum = clocks.step.addingReportingOverflow(step.faultNanoseconds)
            clocks.step = sum.overflow ? clocks.step : min(max(sum.partialValue, -Self.farthest), Self.farthest)
            claviger_set_clocks(page, &clocks)
        }
    }

    /// All clocks run so fast from now on; 1 is as they should. Kept between 0.01 and 100. No clock jumps by this.
    package func setClockRate(_ rate: Double) {
        guard rate.isFinite else { return }
        changing.withLock { _ in
            var clocks = paced(Int64((min(max(rate, 0.01), 100) * 1_000_000).rounded()))
            claviger_set_clocks(page, &clocks)
        }
    }

    /// Undoes all faults. Whether syncs are noted stays: that is none.
    package func reset() {
        resetDisk()
        resetClock()
    }

    /// Undoes all faults of the disk.
    package func resetDisk() {
        changing.withLock { _ in
            claviger_set_sync_delay(page, 0)
            claviger_set_sync_failures(page, 0)
            for area in DiskFault.Area.allCases { claviger_set_space(page, Self.index(of: area), -1) }
        }
    }

    /// The wall clock is right again and all clocks run as they should. The monotonic ones keep what they are ahead or
    /// behind: they cannot go back.
    package func resetClock() {
        changing.withLock { _ in
            var now = current()
            if claviger_is_true(&now) != 0 { return }
            var clocks = paced(1_000_000)
            clocks.step = clocks.next.start - clocks.next.shown
            if clocks.step == 0 { clocks = Self.trueClocks }
            claviger_set_clocks(page, &clocks)
        }
    }

    /// What has come of the faults.
    package struct Seen: Sendable, Equatable {
        /// Processes that loaded the library with this page. 0 after a node's start: it has no faults.
        package var processes: UInt64
        /// Syncs that were made slow.
        package var slowSyncs: UInt64
        /// Syncs that failed.
        package var failedSyncs: UInt64
        /// Calls that were refused for want of space.
        package var refusedWrites: UInt64
        /// Syncs whose file says since how much of it is on disk.
        package var notedSyncs: UInt64
        /// Syncs after which nobody knows that.
        package var unnotedSyncs: UInt64
    }

    /// What has come of the faults since the page was made.
    package var seen: Seen {
        let now = claviger_get_seen(page)
        return Seen(
            processes: now.attached, slowSyncs: now.syncs_delayed, failedSyncs: now.syncs_failed,
            refusedWrites: now.space_refused, notedSyncs: now.syncs_noted, unnotedSyncs: now.syncs_unnoted)
    }

    /// Bytes that are left for an area now; -1: as many as there are.
    package func space(of area: DiskFault.Area) -> Int64 { claviger_space(page, Self.index(of: area)) }

    private func current() -> claviger_clocks {
        var clocks = claviger_clocks()
        claviger_get_clocks(page, &clocks)
        return clocks
    }

    /// The clocks with another rate from a moment on. That is a little later than now, so that the node has it before:
    /// no reading is then counted by both. The change before is by then past for coarse clocks too.
    private func paced(_ rate: Int64) -> claviger_clocks {
        var clocks = current()
        while TrueClock.monotonic < clocks.next.start + 20_000_000 { usleep(1000) }
        let start = TrueClock.monotonic + 20_000_000
        let shown = claviger_shown(&clocks, start)
        clocks.pace = clocks.next
        clocks.next = claviger_pace(start: start, shown: shown, rate: rate)
        return clocks
    }

    private static func index(of area: DiskFault.Area) -> Int32 {
        switch area {
        case .store: Int32(CLAVIGER_AREA_STORE)
        case .audit: Int32(CLAVIGER_AREA_AUDIT)
        case .all: Int32(CLAVIGER_AREA_ALL)
        }
    }

    private static var trueClocks: claviger_clocks {
        let pace = claviger_pace(start: 0, shown: 0, rate: 1_000_000)
        return claviger_clocks(pace: pace, next: pace, step: 0)
    }

    private static let farthest: Int64 = 200 * 366 * 86_400 * 1_000_000_000
}

extension Duration {
    /// Whole nanoseconds; 200 years at most, backward too.
    fileprivate var faultNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let most: Int64 = 200 * 366 * 86_400
        return min(max(seconds, -most), most) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
