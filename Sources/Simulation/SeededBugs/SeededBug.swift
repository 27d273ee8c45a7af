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

    private static let judges = ["Simulation", "Fuzzing", "claviger-sim", "CCrashDisk"]
}

/// Why the seeded bugs cannot be used.
package struct SeededBugError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

extension SeededBug {
    /// Reads a file of this form; `name` is for messages.
    ///
    ///     12 ack before sync
    ///     What it does wrong, on one or more lines.
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
        while let line = lines.first, !line.hasPrefix("edit ") {
            summary.append(line)
            lines.removeFirst()
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
        title = String(head[1])
        self.summary = summary.joined(separator: "\n").trimmed
        guard !self.summary.isEmpty else { throw failure("nothing says what is wrong") }
        self.edits = edits
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
