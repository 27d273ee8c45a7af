import Synchronization

/// A number that goes up and down. Safe and lock-free from any thread.
package final class Gauge: Sendable {
    private let number = Atomic<Int64>(0)

    init() {}

    /// Replaces the value.
    package func set(_ value: Int64) { number.store(value, ordering: .relaxed) }

    /// Adds `amount`, which may be negative.
    package func add(_ amount: Int64) { number.wrappingAdd(amount, ordering: .relaxed) }

    /// The value now.
    package var value: Int64 { number.load(ordering: .relaxed) }
}
