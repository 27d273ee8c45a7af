import Synchronization

/// The counters, behind a lock that is held for an addition only.
final class Meter: Sendable {
    private let statistics = Mutex(PeeringStatistics())

    func update(_ change: (inout PeeringStatistics) -> Void) { statistics.withLock { change(&$0) } }

    var snapshot: PeeringStatistics { statistics.withLock { $0 } }
}
