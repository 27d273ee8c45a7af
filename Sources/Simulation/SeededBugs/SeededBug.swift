/// A known mistake that can be put into the product, to see which checks notice it. The mistake stands in a file of its
/// own below `Tests/SeededBugs` and never in the product's sources.
package struct SeededBug: Hashable, Sendable {
    /// One place in the sources that the mistake changes.
    package struct Edit: Hashable, Sendable {
        /// Path below the repository.
        package var file: String
        /// What stands there, exactly once.
        package var text: String
        /// What takes its place: both forms, told apart by `isSeeded(number)`.
        package var replacement: String
    }

    package var number: Int
    package var title: String
    /// What it does wrong, and who made the mistake before.
    package var summary: String
    /// Scenarios of `claviger-chaos` that show it on real nodes; of most mistakes none.
    package var scenarios: [String]
    package var edits: [Edit]

    /// The modules whose sources it changes, sorted.
    package var modules: [String] { Set(edits.compactMap { Self.module(of: $0.file) }).sorted() }

    /// The module that a source file belongs to; nil for a file that no mistake may stand in. The judges themselves are
    /// never changed.
    static func module(of file: String) -> String? {
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0] == "Sources", file.hasSuffix(".swift"),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), !judges.contains(String(parts[1]))
        else { return nil }
        return String(parts[1])
    }

    private static let judges = ["Simulation", "Fuzzing", "Chaos", "claviger-sim", "claviger-chaos", "CCrashDisk"]
}

/// Why the seeded bugs cannot be used.
package struct SeededBugError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

extension SeededBug {
    /// Reads a file of this form; `name` is for messages. The line that begins with `chaos` names scenarios and may be
    /// left out.
    ///
    ///     12 ack before sync
    ///     What it does wrong, on one or more lines.
    ///
    ///     chaos power-loss-behind
    ///
    ///     edit Sources/Raft/Some.swift
    ///     <<<
    ///     exact text
    ///     ===
    ///     what takes its place
    ///     >>>
    package init(parsing text: String, name: String) throws(SeededBugError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func failure(_ reason: String) -> SeededBugError { SeededBugError("\(name): \(reason)") }
        let head = lines.popFirst()?.split(separator: " ", maxSplits: 1) ?? []
        guard head.count == 2, let number = Int(head[0]), number > 0 else {
            throw failure("the first line is no number and title")
        }
        var summary: [Substring] = []
        while let line = lines.first, !line.hasPrefix("edit "), !line.hasPrefix("chaos ") {
            summary.append(line)
            lines.removeFirst()
        }
        var scenarios: [String] = []
        if let line = lines.first, line.hasPrefix("chaos ") {
            lines.removeFirst()
            scenarios = line.dropFirst("chaos ".count).split(separator: " ").map(String.init)
            guard !scenarios.isEmpty, scenarios.allSatisfy(Self.isScenario), Set(scenarios).count == scenarios.count
            else { throw failure("these are no names of scenarios: \"\(line)\"") }
        }
        var edits: [Edit] = []
        while let line = lines.popFirst() {
            if line.isEmpty { continue }
            guard line.hasPrefix("edit ") else { throw failure("no edit begins with \"\(line)\"") }
            let file = String(line.dropFirst("edit ".count))
            guard Self.module(of: file) != nil else { throw failure("\(file) is no source of the product") }
            guard lines.popFirst() == "<<<", let middle = lines.firstIndex(of: "==="),
                let end = lines[middle...].firstIndex(of: ">>>")
            else { throw failure("the edit of \(file) is not closed") }
            let edit = Edit(
                file: file, text: lines[..<middle].joined(separator: "\n"),
                replacement: lines[(middle + 1)..<end].joined(separator: "\n"))
            guard !edit.text.isEmpty else { throw failure("the edit of \(file) looks for nothing") }
            guard edit.replacement.contains("isSeeded(\(number))") else {
                throw failure("the edit of \(file) does not ask isSeeded(\(number))")
            }
            edits.append(edit)
            lines = lines[(end + 1)...]
        }
        guard !edits.isEmpty else { throw failure("there is no edit") }
        self.number = number
        self.scenarios = scenarios
        title = String(head[1])
        self.summary = summary.joined(separator: "\n").trimmed
        guard !self.summary.isEmpty else { throw failure("nothing says what is wrong") }
        self.edits = edits
    }

    /// Whether it can be the name of a scenario's file without `.yaml`, and no option or path.
    private static func isScenario(_ name: String) -> Bool {
        name.first != "-" && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
    }
}

extension String {
    /// Without spaces and ends of lines at both ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
