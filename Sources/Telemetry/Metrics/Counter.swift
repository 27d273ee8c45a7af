import Synchronization

/// A number that only grows. Safe and lock-free from any thread; keep the object, do not look it up per call.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// Adds `amount`; wraps after 2^64.
    package func add(_ amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }

    /// The count so far.
    package var value: UInt64 { count.load(ordering: .relaxed) }
}
