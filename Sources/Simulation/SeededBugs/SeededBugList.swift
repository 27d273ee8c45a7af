import Foundation

/// All seeded bugs, and the sources with all of them in: one build holds every mistake, and a variable of the
/// environment chooses one at a time.
package struct SeededBugList: Hashable, Sendable {
    /// The variable that holds the number of the chosen bug.
    package static let variable = "CLAVIGER_SEEDED_BUG"
    /// The folder of the files, below the repository.
    package static let folder = "Tests/SeededBugs"

    /// By number.
    package let bugs: [SeededBug]

    package init(_ bugs: [SeededBug]) throws(SeededBugError) {
        self.bugs = bugs.sorted { $0.number < $1.number }
        for (first, second) in zip(self.bugs, self.bugs.dropFirst()) where first.number == second.number {
            throw SeededBugError("two bugs have the number \(first.number): \(first.title), \(second.title)")
        }
    }

    /// Reads the folder of a repository.
    package init(repository: String) throws(SeededBugError) {
        let folder = "\(repository)/\(Self.folder)"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw SeededBugError("there is no folder \(folder); the command runs in the repository")
        }
        var bugs: [SeededBug] = []
        for name in names.sorted() where name.hasSuffix(".bug") {
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else {
                throw SeededBugError("\(folder)/\(name) cannot be read")
            }
            let bug = try SeededBug(parsing: text, name: name)
            guard name.hasPrefix(bug.number < 10 ? "0\(bug.number)-" : "\(bug.number)-") else {
                throw SeededBugError("\(name) holds the bug \(bug.number)")
            }
            bugs.append(bug)
        }
        guard !bugs.isEmpty else { throw SeededBugError("no bugs in \(folder)") }
        try self.init(bugs)
    }

    /// The files that the bugs change, with all of them in. `read` gives a file's text, nil when there is none.
    package func applied(reading read: (String) -> String?) throws(SeededBugError) -> [String: String] {
        var result: [String: String] = [:]
        let files = Set(bugs.flatMap(\.edits).map(\.file)).sorted()
        for file in files {
            guard let text = read(file) else { throw SeededBugError("there is no file \(file)") }
            result[file] = try applied(to: text, of: file)
        }
        return result
    }

    private struct Place {
        var range: Range<String.Index>
        var bug: SeededBug
        var replacement: String
    }

    private func applied(to text: String, of file: String) throws(SeededBugError) -> String {
        var places: [Place] = []
        for bug in bugs {
            for edit in bug.edits where edit.file == file {
                let found = text.ranges(of: edit.text)
                guard found.count == 1 else {
                    let line = edit.text.split(separator: "\n").first ?? ""
                    throw SeededBugError(
                        "bug \(bug.number): \(file) has \(found.count) places like the one that begins with "
                            + "\"\(line)\"")
                }
                places.append(Place(range: found[0], bug: bug, replacement: edit.replacement))
            }
        }
        places.sort { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(places, places.dropFirst()) where first.range.upperBound > second.range.lowerBound {
            throw SeededBugError("bugs \(first.bug.number) and \(second.bug.number) change the same text of \(file)")
        }
        var result = ""
        var end = text.startIndex
        for place in places {
            result += text[end..<place.range.lowerBound] + place.replacement
            end = place.range.upperBound
        }
        return result + text[end...]
    }

    /// The modules that are changed, sorted.
    package var modules: [String] { Set(bugs.flatMap(\.modules)).sorted() }

    /// The file that each changed module gets beside its sources.
    package static let support = """
        // Made by claviger-sim mutants. In no build but its own.
        import Glibc

        private let seededBug = getenv("\(variable)").flatMap { Int(String(cString: $0)) } ?? 0

        /// Whether the mistake with this number is to be made.
        func isSeeded(_ number: Int) -> Bool { seededBug == number }

        """

    /// Where that file goes.
    package static func supportFile(of module: String) -> String { "Sources/\(module)/SeededBug.swift" }
}
