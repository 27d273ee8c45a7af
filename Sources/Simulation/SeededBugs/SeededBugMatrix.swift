/// The layers of checks that a seeded bug has to get past.
package enum CheckLayer: String, CaseIterable, Codable, Sendable {
    /// Federations in virtual time (`claviger-sim run`).
    case simulation
    /// Scenario files (`claviger-sim conformance`).
    case scenarios
    /// The store over a disk that forgets (`claviger-sim crash`).
    case crashes
    /// The store over damaged files (`claviger-sim bitrot`).
    case bitrot
    /// The unit tests of the modules that the bugs are in.
    case tests
    /// Thousands of groups of consensus cores in bad weather (`SafetyTests`).
    case storms
    /// The tests of the five locks of sovereignty, on whole nodes with threads and real time.
    case locks

    /// For finding out as soon as possible whether a bug is noticed at all.
    package static let quickestFirst: [CheckLayer] = [
        .scenarios, .tests, .simulation, .crashes, .bitrot, .storms, .locks,
    ]

    /// Whether the layer runs code that the bug is in.
    package func reaches(_ bug: SeededBug) -> Bool {
        switch self {
        case .simulation, .scenarios, .tests: true
        case .crashes, .bitrot: bug.modules.contains("Storage")
        case .storms: bug.modules.contains("Raft")
        case .locks: bug.modules.contains("Cluster") || bug.modules.contains("KeyReplication")
        }
    }
}

/// What one layer made of one bug.
package struct CheckVerdict: Hashable, Codable, Sendable {
    /// How the layer ended.
    package enum End: String, Codable, Sendable {
        /// Everything seemed to be in order: the bug was not noticed.
        case passed
        /// It said that something is wrong.
        case failed
        /// It trapped, or was ended by a signal.
        case died
        /// It took longer than its limit.
        case hung
    }

    package var layer: CheckLayer
    package var end: End
    /// Seeds, cycles or trials until it was noticed, or files or tests that noticed it.
    package var count: Int?
    /// What it said first.
    package var reason: String?
    package var seconds: Double

    package init(layer: CheckLayer, end: End, count: Int? = nil, reason: String? = nil, seconds: Double) {
        self.layer = layer
        self.end = end
        self.count = count
        self.reason = reason
        self.seconds = seconds
    }

    package var isCatch: Bool { end != .passed }

    /// What the matrix shows.
    package var cell: String {
        switch end {
        case .passed: "-"
        case .failed: count.map(String.init) ?? "yes"
        case .died: count.map { "\($0) (trap)" } ?? "trap"
        case .hung: "hung"
        }
    }
}

/// Which layer noticed which bug.
package struct SeededBugMatrix: Codable, Sendable {
    /// One bug's row.
    package struct Row: Codable, Sendable {
        package var number: Int
        package var title: String
        package var verdicts: [CheckVerdict]

        package init(_ bug: SeededBug, _ verdicts: [CheckVerdict]) {
            number = bug.number
            title = bug.title
            self.verdicts = verdicts
        }

        package var isCaught: Bool { verdicts.contains(where: \.isCatch) }
    }

    package var rows: [Row] = []

    package init() {}

    package var isComplete: Bool { rows.allSatisfy(\.isCaught) }

    /// The matrix as a table: numbers are the first seed, cycle or trial that failed, or how many scenario files or
    /// tests did; `-` is a layer that noticed nothing, and an empty cell one that was not asked.
    package var lines: [String] {
        var table = [["no.", "bug"] + CheckLayer.allCases.map(\.rawValue)]
        for row in rows {
            let cells = CheckLayer.allCases.map { layer in row.verdicts.first { $0.layer == layer }?.cell ?? "" }
            table.append(["\(row.number)", row.title] + cells)
        }
        let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        var lines = table.map { cells in
            var line = zip(cells, widths).map { pad($0, $1 + 2) }.joined()
            while line.last == " " { line.removeLast() }
            return line
        }
        let missed = rows.filter { !$0.isCaught }
        lines.append("")
        lines.append("\(rows.count - missed.count) of \(rows.count) bugs caught")
        for row in missed { lines.append("caught by nothing: \(row.number) \(row.title)") }
        return lines
    }
}
