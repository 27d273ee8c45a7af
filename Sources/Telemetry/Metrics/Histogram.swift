import Synchronization

/// Counts durations in fixed buckets. Safe and lock-free from any thread; two atomic additions per observation.
package final class Histogram: Sendable {
    /// One bucket's count, on its own: neighbours do not share a cache line by construction.
    private final class Cell: Sendable { let count = Atomic<UInt64>(0) }

    /// Upper bounds of the buckets in nanoseconds, ascending; one more bucket takes what exceeds the last.
    package let bounds: [Int64]
    private let cells: [Cell]
    private let sum = Atomic<Int64>(0)

    /// From 50 microseconds to 10 seconds, about two buckets per doubling where requests live.
    package static let latencyBounds: [Int64] = [
        50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_000, 3_500, 5_000, 7_500, 10_000, 20_000, 35_000, 50_000, 100_000,
        200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
    ].map { $0 * 1_000 }

    init(bounds: [Int64]) {
        let ascending = bounds.sorted()
        self.bounds = ascending
        self.cells = (0...ascending.count).map { _ in Cell() }
    }

    /// Counts one duration, in nanoseconds. A negative one (a clock that was set) counts as zero.
    package func observe(nanoseconds: Int64) {
        let duration = max(0, nanoseconds)
        cells[bucket(of: duration)].count.wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(duration, ordering: .relaxed)
    }

    /// Counts one duration.
    package func observe(_ duration: Duration) {
        let parts = duration.components
        observe(nanoseconds: parts.seconds &* 1_000_000_000 &+ parts.attoseconds / 1_000_000_000)
    }

    /// Observations per bucket (not cumulated), the last one above every bound, and the sum in nanoseconds.
    package var snapshot: (counts: [UInt64], sumNanoseconds: Int64) {
        (cells.map { $0.count.load(ordering: .relaxed) }, sum.load(ordering: .relaxed))
    }

    /// An upper bound of the given quantile (0 to 1) in nanoseconds: its bucket's bound. Nil before the first
    /// observation.
    package func quantile(_ fraction: Double) -> Int64? {
        let counts = snapshot.counts
        let total = counts.reduce(0, +)
        guard total > 0, let largest = bounds.last else { return nil }
        let rank = max(1, UInt64((Double(total) * min(1, max(0, fraction))).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return index < bounds.count ? bounds[index] : largest }
        }
        return largest
    }

    /// The first bucket whose bound is not below the duration, by bisection.
    private func bucket(of duration: Int64) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < duration { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
