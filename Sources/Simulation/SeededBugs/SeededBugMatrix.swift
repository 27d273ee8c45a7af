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
    /// The tests of the five locks of sovereignty and of the bound of staleness, on whole nodes with threads and real
    /// time.
    case locks
    /// Real nodes and real faults (`claviger-chaos run`). It wants root, minutes, and a machine that does nothing else.
    case chaos

    /// What is asked unless layers are named.
    package static let standard: [CheckLayer] = allCases.filter { $0 != .chaos }

    /// For finding out as soon as possible whether a bug is noticed at all.
    package static let quickestFirst: [CheckLayer] = [
        .scenarios, .tests, .simulation, .crashes, .bitrot, .storms, .locks, .chaos,
    ]

    /// Whether the layer runs code that the bug is in.
    package func reaches(_ bug: SeededBug) -> Bool {
        switch self {
        case .simulation, .scenarios, .tests: true
        case .crashes, .bitrot: bug.modules.contains("Storage")
        case .storms: bug.modules.contains("Raft")
        case .locks: ["Cluster", "KeyReplication", "KeyOperations"].contains(where: bug.modules.contains)
        case .chaos: !bug.scenarios.isEmpty
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
        /// It could not say: what was to be tried did not happen. Of chaos only.
        case undecided
    }

    package var layer: CheckLayer
    package var end: End
    /// Seeds, cycles or trials until it was noticed, or files, tests or scenarios that noticed it.
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

    package var isCatch: Bool { end != .passed && end != .undecided }

    /// What the matrix shows.
    package var cell: String {
        switch end {
        case .passed: "-"
        case .failed: count.map(String.init) ?? "yes"
        case .died: count.map { "\($0) (trap)" } ?? "trap"
        case .hung: "hung"
        case .undecided: "?"
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

    /// The matrix as a table of the layers that were asked: numbers are the first seed, cycle or trial that failed, or
    /// how many scenario files, tests or scenarios of chaos did; `-` is a layer that noticed nothing, `?` one that
    /// could not say, and an empty cell one that was not asked about this bug.
    package var lines: [String] {
        let asked = Set(rows.flatMap(\.verdicts).map(\.layer))
        let layers = CheckLayer.allCases.filter(asked.contains)
        var table = [["no.", "bug"] + layers.map(\.rawValue)]
        for row in rows {
            let cells = layers.map { layer in row.verdicts.first { $0.layer == layer }?.cell ?? "" }
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
        for row in rows {
            for verdict in row.verdicts where verdict.end == .undecided {
                lines.append("\(row.number): \(verdict.layer.rawValue) could not say: \(verdict.reason ?? "no reason")")
            }
        }
        return lines
    }
}
