import Histogram
import NIOCore
import UnaryGRPC

/// What the calls of one event loop came to. Confined to that loop.
final class Tally {
    struct Counts: Sendable {
        /// Nanoseconds.
        var latency = Histogram<UInt64>(highestTrackableValue: 120_000_000_000, numberOfSignificantValueDigits: .three)
        var calls = 0
        var errors: [String: Int] = [:]
    }

    private(set) var counts = Counts()
    /// Texts of errors that are told apart; the rest is counted as one.
    private static let mostErrors = 20
    private let window: Range<NIODeadline>

    /// Counts what falls into `window`.
    init(window: Range<NIODeadline>) { self.window = window }

    /// A call that belongs to `moment` (its end in a closed loop, its intended start in an open one) and took from
    /// `start` to `end`.
    func record(at moment: NIODeadline, start: NIODeadline, end: NIODeadline, error: String?) {
        guard window.contains(moment) else { return }
        if let error {
            let known = counts.errors[error] != nil || counts.errors.count < Self.mostErrors
            counts.errors[known ? error : "other", default: 0] += 1
        } else {
            counts.calls += 1
            counts.latency.record(UInt64(max(1, (end - start).nanoseconds)))
        }
    }
}
