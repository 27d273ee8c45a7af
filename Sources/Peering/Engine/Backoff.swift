import NIOCore

/// Delays between attempts to reach a peer: none, then doubling from `first` to `last`, each jittered by up to a half.
struct Backoff: Sendable {
    let first: TimeAmount
    let last: TimeAmount
    private var failures = 0

    init(first: TimeAmount, last: TimeAmount) {
        self.first = first
        self.last = last
    }

    mutating func reset() { failures = 0 }

    mutating func next() -> TimeAmount {
        defer { failures = min(failures + 1, 32) }
        guard failures > 0 else { return .nanoseconds(0) }
        let doubled = first.nanoseconds.multipliedReportingOverflow(by: 1 << Int64(failures - 1))
        let delay = doubled.overflow ? last.nanoseconds : min(doubled.partialValue, last.nanoseconds)
        return .nanoseconds(delay - Int64.random(in: 0...max(delay / 2, 0)))
    }
}
