/// A bound for a measured figure.
package struct Expectation: Sendable, Equatable {
    package var measure: Measure
    /// Seconds, a count or a share, as the measure's unit is. At most so much, or at least where more is better.
    package var bound: Double
    /// Holds for the middle of all runs, not for each.
    package var isForMiddle: Bool

    package init(_ measure: Measure, _ bound: Double, isForMiddle: Bool = false) {
        self.measure = measure
        self.bound = bound
        self.isForMiddle = isForMiddle
    }

    /// Whether a figure is within the bound.
    package func isMet(by figure: Double) -> Bool { measure.isMoreBetter ? figure >= bound : figure <= bound }
}

/// What can be measured in a run. The raw value is its name in scenario files.
package enum Measure: String, Sendable, CaseIterable, Codable {
    /// Longest time without an acknowledged write that ends after the first fault.
    case writesBack
    /// Writes that were refused or not answered in their time.
    case writeErrors
    /// Longest time without an answered crypto call of clients in regions that no fault is about at that time.
    case cryptoGap
    /// Crypto calls of such clients that failed after the client's own failover.
    case cryptoErrors
    /// Of clients in regions while a fault is about them, and shortly after.
    case affectedCryptoGap
    case affectedCryptoErrors
    /// Longest crypto call of any client.
    case longestCrypto
    /// Longest time without an answered call at the plugins.
    case kubernetesGap
    case kubernetesErrors
    /// From the cut until the last crypto call that a node without a quorum served.
    case minorityServes
    /// Most writes that two sides of a partition acknowledged in one and the same term.
    case writers
    /// From the acknowledgement of a disabled key to the last call that began after it and was served, of all
    /// revocations the 99th percentile.
    case revocationLag
    /// Share of whole seconds in which a write was acknowledged.
    case secondsWithWrites
    /// Share of whole seconds in which a crypto call was answered.
    case secondsWithCrypto
    /// Terms of the placement's group that began, per minute.
    case termsPerMinute
    /// Longest time from the start of a node to its readiness.
    case nodeReady
    /// From the last start of a process to the first crypto call that was answered.
    case firstCrypto
    /// From the disk's fault to the first write that was refused for it.
    case refusalAfterFull
    /// Nodes that ended by themselves.
    case nodesEnded
    /// Longest time until all clusters of a storm had all their seeds.
    case stormTime
    case stormLongestCall
    case stormErrors
    /// Answered crypto calls of all callers per second in the overload, against the best two seconds of the run.
    case goodput
    /// Answered crypto calls of ordinary callers per second in the overload, against just before.
    case ordinaryShare
    /// Pieces of material or answers that were given out where they must not be.
    case leaks
    /// Acknowledged writes that are gone.
    case lostWrites
    /// Answers that no order explains, stale beyond the bound, or served after a revocation.
    case violations
    /// Histories without a verdict.
    case unknownHistories
    /// Replies without an audit row, and rows without a call.
    case auditMismatches

    /// What a figure counts.
    package enum Unit: String, Sendable, Codable { case seconds, count, share, perMinute }

    package var unit: Unit {
        switch self {
        case .writesBack, .cryptoGap, .affectedCryptoGap, .longestCrypto, .kubernetesGap, .minorityServes,
            .revocationLag, .nodeReady, .firstCrypto, .refusalAfterFull, .stormTime, .stormLongestCall:
            .seconds
        case .writeErrors, .cryptoErrors, .affectedCryptoErrors, .kubernetesErrors, .writers, .nodesEnded, .stormErrors,
            .leaks, .lostWrites, .violations, .unknownHistories, .auditMismatches:
            .count
        case .secondsWithWrites, .secondsWithCrypto, .goodput, .ordinaryShare: .share
        case .termsPerMinute: .perMinute
        }
    }

    package var isMoreBetter: Bool { unit == .share || self == .nodesEnded }

    /// What must hold in every run of Claviger whatever the file says.
    package static let always: [Expectation] = [
        Expectation(.lostWrites, 0), Expectation(.violations, 0), Expectation(.auditMismatches, 0),
        Expectation(.leaks, 0), Expectation(.unknownHistories, 0),
    ]
}
