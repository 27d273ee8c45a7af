/// Things that seldom happen and that the checks were made for: a run in which none of them happened proves little.
package enum RareEvent: Int, Hashable, Sendable, CaseIterable {
    case crashInSnapshotInstall, crashInAppend, crashInApply, unsyncedLost, unsyncedKept, unsyncedTorn
    case leaderCrash, leaderCrashInJoint, leaderDiedFastPath, leaderPaused
    case snapshotInstalled, snapshotBroken, jointEntered, membershipRefused
    case wipedTurnedAway, wipedRejoined, drainedAway, leadershipMoved
    case stalenessRefused, stalenessRefusedUnderClockFault, readConfirmed, readTimedOut
    case outcomeUnknown, repeatedWithSameOutcome, outsiderWithheld, diskFullRefusal
    case quarantined, damageMet, diskStalled, steppedAside, haltedByOlderProgram, programReplaced
    case droppedByLoss, duplicated, delivered, digestsCompared
    case historyOrdered, historyUnknown

    package var name: String {
        "\(self)".reduce(into: "") { text, letter in
            if letter.isUppercase { text += "-" }
            text += letter.lowercased()
        }
    }
}

/// How often each happened.
package struct RareEventCounts: Hashable, Sendable {
    private var counts = Array(repeating: UInt64(0), count: RareEvent.allCases.count)

    package init() {}

    package subscript(event: RareEvent) -> UInt64 { counts[event.rawValue] }
    mutating func note(_ event: RareEvent, _ times: UInt64 = 1) { counts[event.rawValue] += times }

    package static func += (a: inout Self, b: Self) {
        for place in a.counts.indices { a.counts[place] += b.counts[place] }
    }

    package static func - (a: Self, b: Self) -> Self {
        var rest = a
        for place in rest.counts.indices { rest.counts[place] -= b.counts[place] }
        return rest
    }

    /// Events that never happened and should have. A history that could not be judged is none of those.
    package var missing: [RareEvent] { RareEvent.allCases.filter { self[$0] == 0 && $0 != .historyUnknown } }
}
