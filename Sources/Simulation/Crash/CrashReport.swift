/// What a run of crash cycles showed.
package struct CrashReport: Codable, Sendable {
    /// A cycle in which the store was wrong.
    package struct Failure: Codable, Sendable {
        package var cycle: Int
        package var text: String
    }

    package var seed: UInt64
    /// The command that repeats a cycle, with its number in the place of N.
    package var replay: String
    package var cycles = 0
    /// Crashes, by what they left of unsynced bytes.
    package var crashes: [String: Int] = [:]
    /// Crashes, by what the store was doing.
    package var during: [String: Int] = [:]
    /// Crashes while a store was opened after a crash.
    package var crashesInRecovery = 0
    /// Writes or syncs that the disk refused, each of which had to end the process or change nothing.
    package var refusals = 0
    /// Starts after which everything acknowledged was there.
    package var recovered = 0
    /// Starts after which calls that were not synced were gone, as they may.
    package var recoveredOlder = 0
    /// Starts that the store refused aloud, with nothing acknowledged lost: torn bytes look like damage.
    package var refused = 0
    package var lostBytes: UInt64 = 0
    /// Calls of each kind that were made.
    package var calls: [String: Int] = [:]
    package var failures: [Failure] = []

    package var isGood: Bool { failures.isEmpty }

    init(seed: UInt64) {
        self.seed = seed
        replay = "claviger-sim crash --seed \(seed) --cycle N"
    }

    /// The report as a table.
    package var lines: [String] {
        var lines = ["seed \(seed), \(cycles) cycles, \(crashes.values.reduce(0, +)) crashes, \(lostBytes) bytes lost"]
        lines.append("")
        lines += Self.table("unsynced bytes", crashes) + [""]
        lines += Self.table("crash during", during) + [""]
        lines += Self.table("calls", calls) + [""]
        let outcomes = [
            ("all there", recovered - recoveredOlder), ("all acknowledged there", recoveredOlder),
            ("refused aloud, nothing lost", refused), ("wrong", failures.count),
        ]
        lines.append("after the crash")
        for (name, count) in outcomes { lines.append("  \(pad(name, 28))\(count)") }
        lines.append("  \(pad("crashes in recovery", 28))\(crashesInRecovery)")
        lines.append("  \(pad("refused writes and syncs", 28))\(refusals)")
        for failure in failures {
            lines.append("")
            lines.append("cycle \(failure.cycle): \(failure.text)")
            lines.append("  replay: claviger-sim crash --seed \(seed) --cycle \(failure.cycle)")
        }
        lines.append("")
        lines.append(isGood ? "0 silent wrong answers" : "\(failures.count) cycles went wrong")
        lines.append("any cycle again: \(replay)")
        return lines
    }

    private static func table(_ title: String, _ counts: [String: Int]) -> [String] {
        let rows = counts.sorted { $0.key < $1.key }.map { "  \(pad($0.key, 28))\($0.value)" }
        return [title] + rows
    }

    /// Adds what another part of the run showed.
    mutating func add(_ other: CrashReport) {
        cycles += other.cycles
        crashes.merge(other.crashes, uniquingKeysWith: +)
        during.merge(other.during, uniquingKeysWith: +)
        crashesInRecovery += other.crashesInRecovery
        refusals += other.refusals
        recovered += other.recovered
        recoveredOlder += other.recoveredOlder
        refused += other.refused
        lostBytes += other.lostBytes
        calls.merge(other.calls, uniquingKeysWith: +)
        failures += other.failures
    }
}

/// The text with spaces up to the width.
func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.utf8.count))
}
